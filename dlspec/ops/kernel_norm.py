"""Norms of a kernel: weight normalisation and spectral normalisation.

They are those of `torch.nn.utils.parametrizations`, whose names the weights have.
"""

from collections.abc import Iterator
from typing import ClassVar, Literal

from dlspec.declared import Problem
from dlspec.ops.base import Op, Weight
from dlspec.ops.init import Init, zeros

KernelNorm = Literal["weight", "spectral"]

AT = "parametrizations.weight"
"""Where PyTorch keeps a weight that is computed from others."""

FIRST = {"weight": f"{AT}.original1", "spectral": f"{AT}.original"}
"""The kernel before it is normed."""


class of_kernel(Init):
    """What follows from the first value of the kernel: its lengths, or its singular vectors."""

    name: str
    """That of the kernel, behind the layer's."""
    axis: int
    """That of the outputs."""
    size: tuple[int, ...]
    """The kernel's."""


class Normed(Op):
    """A layer whose kernel may be normed."""

    norm: KernelNorm | None = None

    outputs: ClassVar[int] = 0
    """The axis of the kernel that has the outputs."""

    @property
    def keeps_statistics(self) -> bool:
        return self.norm == "spectral"

    def parametrized(self, weight: Weight, bias: tuple[Weight, ...]) -> tuple[Weight, ...]:
        """A kernel, or what stands for it, and a bias, in PyTorch's order."""
        if self.norm is None:
            return (weight, *bias)
        axis, shape = self.outputs, weight.shape
        own = weight.renamed(FIRST[self.norm])
        follows = of_kernel(name=own.name, axis=axis, size=tuple(int(n) for n in shape))
        if self.norm == "weight":
            lengths = tuple(n if a == axis else 1 for a, n in enumerate(shape))
            return *bias, Weight(f"{AT}.original0", lengths, follows, folds=True), own
        reads = weight.size // int(shape[axis])
        u = Weight(f"{AT}.0._u", (shape[axis],), follows, "statistics")
        return *bias, own, u, Weight(f"{AT}.0._v", (reads,), follows, "statistics")

    def unfit_norm(self) -> Iterator[Problem]:
        """What does not fit the norm."""
        if self.norm == "weight" and isinstance(getattr(self, "init", None), zeros):
            what = "norm=weight divides a kernel by its length, and that of zeros is 0"
            yield Problem("init", what, "leave out init")


def plain_name(name: str) -> str:
    """The name of a weight as it is without a norm: a pattern calls it so."""
    for own in FIRST.values():
        if name.endswith(f".{own}"):
            return name.removesuffix(own) + "weight"
    return name
