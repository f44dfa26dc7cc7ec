"""What ops share that put the elements of several tensors together.

Operands have equal ranks, or are scalars; on each axis their sizes are equal or 1. Nothing else
broadcasts, and no dtype is promoted in silence.
"""

from collections.abc import Iterator
from itertools import combinations
from typing import ClassVar

from dlspec.declared import Problem
from dlspec.expr import origin
from dlspec.ops.base import Op
from dlspec.ops.rules import same_dtypes
from dlspec.tensor import Tensor


class Broadcasting(Op):
    """Works on one element of each operand, and those are numbers."""

    inputs: ClassVar = (2, 2)
    literals: ClassVar[tuple[int, ...]] = (0, 1)
    does: ClassVar[str]
    """The verb of "these shapes do not ...": `add`."""

    def fitting(self, *x: Tensor) -> Iterator[Problem]:
        """What is wrong with the dtypes."""
        for t in x:
            if t.dtype in ("class", "bool"):
                hint = "one_hot or Embedding turns classes into numbers" if t.classes else ""
                if t.dtype == "class" and self.does == "compare":
                    hint = "they are equal or not; cast(x, i32) is the number of each"
                hint = hint or f"cast(x, {'i32' if t.dtype == 'class' else 'f32'})"
                yield Problem(None, f"{t} is no number to {self.does}", hint)
                return
        yield from same_dtypes(f"`{self.kind()}`", x)

    def problems(self, *x: Tensor) -> Iterator[Problem]:
        wrong = tuple(self.fitting(*x))
        yield from wrong
        for a, b in () if wrong else combinations(x, 2):
            if not fit(a, b):
                yield Problem(None, f"these shapes do not {self.does}", _mended(a, b))
                return

    def shape(self, *x: Tensor) -> Tensor:
        return broadcast(x[-1], *x)


def broadcast(like: Tensor, *x: Tensor) -> Tensor:
    """The type of several operands together, with the dtype of one of them."""
    rank = max(t.rank for t in x)
    whole = [t for t in x if t.rank == rank]
    sizes = list(whole[0].shape)
    for t in whole[1:]:
        sizes = [_greater(m, n) for m, n in zip(sizes, t.shape, strict=True)]
    return like.with_shape(*sizes, image=any(t.image for t in whole))


def fit(a: Tensor, b: Tensor) -> bool:
    """Whether two shapes broadcast."""
    if 0 in (a.rank, b.rank):
        return True
    return a.rank == b.rank and all(
        m == n or 1 in (m, n) for m, n in zip(a.shape, b.shape, strict=True)
    )


def _greater(m: int, n: int) -> int:
    """The size of a pair of axes; of two equal ones, one that knows its origin."""
    if m == n:
        return m if origin(m) is not None else n
    return n if m == 1 else m


def _mended(a: Tensor, b: Tensor) -> str:
    """What brings one operand to the other's shape."""
    if a.rank != b.rank:
        few = min(a, b, key=lambda t: t.rank)
        many = max(a, b, key=lambda t: t.rank)
        return f"give {few} the {many.rank} axes of {many}; nothing is broadcast but sizes of 1"
    if a.rank == 3 and (a.image or b.image):
        big, small = (a, b) if a.shape[1] >= b.shape[1] else (b, a)
        ratios = {-(-int(m) // int(n)) for m, n in zip(big.shape[1:], small.shape[1:], strict=True)}
        if len(ratios) == 1:
            stride = ratios.pop()
            strided = f", stride={stride}" if stride > 1 else ""
            return f"project the shortcut: x -> Conv2D({int(small.shape[0])}, 1{strided})"
    for m, n in zip(a.shape, b.shape, strict=True):
        if m != n and f"{m}".isidentifier() and f"{n}".isidentifier():  # T and S
            where = "where they are equal in every example"
            return f"{where}, write `{m}` for both in the types of the inputs"
    return "sizes must be equal, or 1"
