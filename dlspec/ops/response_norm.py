"""Normalisation of each number by its neighbours on the axis of the channels."""

from collections.abc import Iterator
from typing import ClassVar

from dlspec.declared import Problem
from dlspec.ops.base import Op, example
from dlspec.ops.fields import Count, Number, Positive
from dlspec.ops.rules import fixed_sizes, floats
from dlspec.tensor import Tensor


class LocalResponseNorm(Op):
    """Divides each number by the size of those of neighbouring channels at its place:
    y = x / (k + alpha · m)^beta.

    The shape stays, [c, ...]. m is the mean of x² over `size` channels, of which this one is the
    middle; of an even number one more stands before it than behind. Channels beyond the first and
    the last count as 0. AlexNet's own alpha multiplies the sum, and is this one's divided by
    `size`: `LocalResponseNorm(5, alpha=5e-4, k=2)`.

    - `size`: how many channels, 1 or more.
    - `alpha`, `beta`, `k`: as above; `k` is above 0, so that nothing is divided by 0.

    MACs: 0. Krizhevsky et al. 2012.
    """

    positional: ClassVar = ("size",)
    onnx: ClassVar = ("Mul", "Pad", "AveragePool", "Add", "Pow", "Div")
    tflite: ClassVar = ("SQUARE", "PADV2", "STRIDED_SLICE", "ADD", "MUL", "POW", "DIV")
    examples: ClassVar = (
        example("LocalResponseNorm(3)", "f32[5, 4, 3]"),
        example("LocalResponseNorm(5, alpha=0.5, k=2)", "f32[4, 7]"),
        example("LocalResponseNorm(4, beta=0.5, alpha=2)", "f32[6, 2, 3, 2]"),
        example("LocalResponseNorm(1, alpha=1)", "f32[3, 4, 5]"),
    )

    size: Count
    alpha: Number = 1e-4
    beta: Number = 0.75
    k: Positive = 1.0

    def problems(self, *x: Tensor) -> Iterator[Problem]:
        yield from floats("LocalResponseNorm", x[0])
        if x[0].rank < 2:
            what = f"LocalResponseNorm needs channels and places, got {x[0]}"
            yield Problem(None, what, "Normalize is for one vector")
        else:
            yield from fixed_sizes("LocalResponseNorm", x[0], (0,))
        if self.alpha < 0:
            yield Problem("alpha", "a negative `alpha` may divide by 0")
