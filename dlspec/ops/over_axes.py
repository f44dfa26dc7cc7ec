"""What reductions share: over some axes, or over all of an example, whose places become one."""

from collections.abc import Iterator
from typing import ClassVar

from dlspec.declared import Problem
from dlspec.expr import product
from dlspec.ops.base import Op
from dlspec.ops.broadcasting import Broadcasting
from dlspec.ops.fields import Axes, Flag
from dlspec.ops.rules import all_axes, axes_exist, numbers, some_places
from dlspec.tensor import Tensor


def reduced(axis: int | tuple[int, ...] | None, x: Tensor, keepdims: bool = False) -> Tensor:
    """The type without some axes, or with one place on each."""
    gone = all_axes(axis, x)
    if keepdims:
        return x.with_shape(*(1 if a in gone else s for a, s in enumerate(x.shape)))
    return x.with_shape(*(s for a, s in enumerate(x.shape) if a not in gone))


def leaves_nothing(axis: int | tuple[int, ...] | None, x: Tensor) -> bool:
    """Whether a reduction leaves one number for all examples: code needs no axes for it."""
    return x.common and x.rank > 0 and len(all_axes(axis, x)) == x.rank


class Reduction(Op):
    """Over the axes that are named, or over all of an example."""

    axis: Axes | None = None
    keepdims: Flag = False

    def fitting(self, x: Tensor) -> Iterator[Problem]:
        """What is wrong with the dtype."""
        yield from numbers(self.kind(), x)

    def problems(self, *x: Tensor) -> Iterator[Problem]:
        found = tuple(self.fitting(x[0]))
        yield from found or axes_exist("axis", self.axis, x[0])

    def shape(self, *x: Tensor) -> Tensor:
        return reduced(self.axis, x[0], self.keepdims)

    def count(self, x: Tensor) -> int:
        """How many numbers become one."""
        return product(*(x.shape[a] for a in all_axes(self.axis, x)))


class Extreme(Broadcasting):
    """Of one tensor a reduction, of two the greater or smaller of each pair of elements."""

    inputs: ClassVar = (1, 2)
    does: ClassVar = "compare"

    axis: Axes | None = None
    keepdims: Flag = False

    def problems(self, *x: Tensor) -> Iterator[Problem]:
        if len(x) == 1:
            found = tuple(numbers(self.kind(), x[0]))
            found = found or tuple(axes_exist("axis", self.axis, x[0]))
            yield from found or some_places(self.kind(), x[0], all_axes(self.axis, x[0]))
            return
        if self.axis is not None or self.keepdims:
            what = f"{self.kind()} of two tensors is taken element by element, and has no axis"
            given = "axis" if self.axis is not None else "keepdims"
            yield Problem(given, what, f"{self.kind()}({self.kind()}(a, b), axis=...)")
        yield from super().problems(*x)

    def shape(self, *x: Tensor) -> Tensor:
        return super().shape(*x) if len(x) == 2 else reduced(self.axis, x[0], self.keepdims)
