"""Layers that only training knows."""

from collections.abc import Iterator, Mapping
from typing import ClassVar

from dlspec.declared import Problem
from dlspec.ops.base import example
from dlspec.ops.fields import Axis, NonNegative
from dlspec.ops.only_training import Dropping, OnlyTraining
from dlspec.ops.rules import channel_axis_is_meant
from dlspec.tensor import Tensor


class Dropout(Dropping):
    """In training, sets each element to 0 with probability `rate` and divides the others by
    1 - rate; in evaluation it gives back what it gets.

    The shape stays. What is dropped depends on the seed and the step alone.

    - `rate`: 0 or more, and below 1. Srivastava et al. 2014.
    """

    examples: ClassVar = (example("Dropout(0.5)", "f32[3, 5]"), example("Dropout(0)", "f32[7]"))


def channels_and_places(kind: str, axis: int | None, x: Tensor) -> Iterator[Problem]:
    """What is dropped as a whole is a channel of several places."""
    found = tuple(channel_axis_is_meant(kind, axis, x))
    yield from found
    if not found and x.rank == 1:
        what = f"{kind} needs channels and places, got {x}"
        single = "AlphaDropout without axis" if kind == "AlphaDropout" else "Dropout"
        yield Problem(None, what, f"{single} drops single elements")


class SpatialDropout(Dropping):
    """In training, sets each channel to 0 as a whole with probability `rate` and divides the others
    by 1 - rate; in evaluation it gives back what it gets.

    The shape stays. Neighbouring places are alike, so that dropping single ones would take little
    away. What is dropped depends on the seed and the step alone. Channels are the first axis; two
    axes that do not come from a 1-D convolution must say which.

    - `rate`: 0 or more, and below 1.
    - `axis`: the axis of the channels. Tompson et al. 2015.
    """

    examples: ClassVar = (
        example("SpatialDropout(0.5)", "f32[3, 5, 4]"),
        example("SpatialDropout(0.2, axis=-1)", "f32[7, 3]"),
        example("SpatialDropout(0.1, axis=0)", "f32[7, 3]"),
        example("SpatialDropout(0)", "f32[3, 2, 4, 2]"),
    )

    axis: Axis | None = None

    @property
    def sizes(self) -> Mapping[str, int]:
        return {"in_channels": 0 if self.axis is None else self.axis}

    def problems(self, *x: Tensor) -> Iterator[Problem]:
        yield from super().problems(*x)
        yield from channels_and_places(self.kind(), self.axis, x[0])


class AlphaDropout(Dropping):
    """In training, sets each element to the least value of SELU with probability `rate`, then
    scales and shifts all, so that mean 0 and variance 1 stay; in evaluation it gives back what it
    gets.

    The shape stays. What is dropped depends on the seed and the step alone. It stands behind SELU.

    - `rate`: 0 or more, and below 1. Klambauer et al. 2017.
    - `axis`: the axis of channels that are dropped as a whole, as SpatialDropout drops them
      (PyTorch's FeatureAlphaDropout is that of axis 0); single elements without.
    """

    examples: ClassVar = (
        example("AlphaDropout(0.1)", "f32[3, 5]"),
        example("AlphaDropout(0)", "f32[7]"),
        example("AlphaDropout(0.1, axis=0)", "f32[3, 5, 4]"),
        example("AlphaDropout(0.2, axis=-1)", "f32[7, 3]"),
    )

    axis: Axis | None = None

    @property
    def sizes(self) -> Mapping[str, int]:
        return {} if self.axis is None else {"in_channels": self.axis}

    def problems(self, *x: Tensor) -> Iterator[Problem]:
        yield from super().problems(*x)
        if self.axis is not None:
            yield from channels_and_places(self.kind(), self.axis, x[0])


class DropPath(Dropping):
    """In training, sets a whole example to 0 with probability `rate` and divides the others by
    1 - rate; in evaluation it gives back what it gets (stochastic depth).

    The shape stays. It stands at the end of a branch that a sum takes up again:
    `x + (x -> Layer -> DropPath(0.1))`. What is dropped depends on the seed and the step alone.

    - `rate`: 0 or more, and below 1. Huang et al. 2016.
    """

    examples: ClassVar = (
        example("DropPath(0.1)", "f32[3, 5, 4]"),
        example("DropPath(0)", "f32[7]"),
    )


class GaussianDropout(Dropping):
    """In training, multiplies each element by a draw of mean 1 and variance rate / (1 - rate); in
    evaluation it gives back what it gets.

    The shape stays. What is drawn depends on the seed and the step alone.

    - `rate`: that of the Dropout of the same variance; 0 or more, and below 1. Srivastava et al.
      2014.
    """

    examples: ClassVar = (
        example("GaussianDropout(0.5)", "f32[3, 5]"),
        example("GaussianDropout(0)", "f32[7]"),
    )


class GaussianNoise(OnlyTraining):
    """In training, adds a draw of mean 0 to each element; in evaluation it gives back what it gets.

    The shape stays. What is drawn depends on the seed and the step alone.

    - `std`: the standard deviation; 0 or more. Bishop 1995.
    """

    positional: ClassVar = ("std",)
    examples: ClassVar = (
        example("GaussianNoise(0.1)", "f32[3, 5]"),
        example("GaussianNoise(0)", "f32[7]"),
    )

    std: NonNegative

    @property
    def draws(self) -> bool:
        return self.std > 0
