"""What ops share that work on each element, or along one axis, and keep the shape."""

from collections.abc import Iterator
from typing import ClassVar

from dlspec.declared import Problem
from dlspec.ops.base import Op
from dlspec.ops.fields import Axis
from dlspec.ops.rules import axis_exists, floats, last_axis_is_meant
from dlspec.tensor import Tensor


class Elementwise(Op):
    """Works on each element of real numbers; the shape stays."""

    def fitting(self, x: Tensor) -> Iterator[Problem]:
        """What is wrong with the dtype."""
        yield from floats(self.kind(), x)

    def problems(self, *x: Tensor) -> Iterator[Problem]:
        yield from self.fitting(x[0])


class AlongAxis(Elementwise):
    """Works along one axis: the last one if none is named, but of an image it must be named."""

    on_last_axis: ClassVar = True

    axis: Axis | None = None

    @property
    def place(self) -> int:
        """The axis that is meant, perhaps counted from the end."""
        return -1 if self.axis is None else self.axis

    def problems(self, *x: Tensor) -> Iterator[Problem]:
        yield from super().problems(*x)
        if x[0].rank == 0:
            yield Problem(None, f"{self.kind()} needs at least one axis, got {x[0]}")
        else:
            yield from axis_exists("axis", self.place, x[0])
            yield from last_axis_is_meant(self.kind(), self.axis, x[0])
