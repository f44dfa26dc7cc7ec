"""What normalisations share: a scale and a shift that are learned, and axes to normalise over."""

from collections.abc import Iterator, Mapping
from typing import ClassVar

from dlspec.declared import Problem
from dlspec.ops.base import Op, Weight
from dlspec.ops.fields import Axes, Flag, Positive
from dlspec.ops.init import ONES, ZEROS, Initial
from dlspec.ops.rules import all_axes, axes_exist, floats, last_axis_is_meant
from dlspec.tensor import Tensor

MOMENTUM = 0.1
"""The share of a new batch in running averages."""


def running(shape: tuple[int, ...]) -> tuple[Weight, ...]:
    """The running averages of mean and variance."""
    return (
        Weight("running_mean", shape, ZEROS, "statistics"),
        Weight("running_var", shape, ONES, "statistics"),
    )


def needless_momentum(momentum: float, kept: bool) -> Iterator[Problem]:
    """A share of a batch in averages that nobody keeps."""
    if momentum != MOMENTUM and not kept:
        what = "without running averages there is no momentum"
        yield Problem("momentum", what, "running_stats=true keeps them")


class Affine(Op):
    """A normalisation with a scale and a shift that are learned."""

    eps: Positive = 1e-5
    scale: Flag = True
    bias: Flag = True
    init: Initial = ONES
    bias_init: Initial = ZEROS

    @classmethod
    def has_object(cls) -> bool:
        return True

    @classmethod
    def has_weights(cls) -> bool:
        return True

    def _affine(self, shape: tuple[int, ...]) -> tuple[Weight, ...]:
        scale = (Weight("weight", shape, self.init),) if self.scale else ()
        shift = (Weight("bias", shape, self.bias_init),) if self.bias else ()
        return scale + shift


class OverAxes(Op):
    """What is normalised over some axes of an example, the last one if none is named."""

    on_last_axis: ClassVar = True

    axis: Axes | None = None

    @property
    def sizes(self) -> Mapping[str, int]:
        """Of one axis `in_features`; of several `size_0`, `size_1`, ... in the order written."""
        if isinstance(self.axis, tuple):
            return {f"size_{i}": a for i, a in enumerate(self.axis)}
        return {"in_features": -1 if self.axis is None else self.axis}

    def axes(self, x: Tensor) -> tuple[int, ...]:
        """The axes that it normalises over, counted from the front, in order."""
        return all_axes(-1 if self.axis is None else self.axis, x)

    def problems(self, *x: Tensor) -> Iterator[Problem]:
        kind = self.kind()
        yield from floats(kind, x[0])
        if x[0].rank == 0:
            yield Problem(None, f"{kind} needs at least one axis, got {x[0]}")
        else:
            yield from axes_exist("axis", self.axis, x[0])
            yield from last_axis_is_meant(kind, self.axis, x[0])

    def _sizes(self, x: Tensor) -> tuple[int, ...]:
        return tuple(x.shape[a] for a in self.axes(x))
