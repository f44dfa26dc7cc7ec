"""Normalisation of each example over groups of its channels."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from math import prod
from typing import ClassVar

from dlspec.declared import Problem
from dlspec.ops.base import Weight, example
from dlspec.ops.fields import Axis, Count, Flag, Fraction
from dlspec.ops.normalisation import MOMENTUM, Affine, needless_momentum, running
from dlspec.ops.rules import channel_axis_is_meant, floats
from dlspec.tensor import Tensor


class _OfChannels(Affine):
    """Normalised over the places of an example, with a scale and a shift for each channel."""

    axis: Axis | None = None

    @property
    def sizes(self) -> Mapping[str, int]:
        return {"in_channels": self.channels}

    @property
    def channels(self) -> int:
        """The axis of the channels."""
        return 0 if self.axis is None else self.axis

    def spread(self, x: Tensor) -> int:
        """The places that a channel has; of a dynamic size, at its bound."""
        return prod(int(n) for a, n in enumerate(x.shape) if a != self.channels % x.rank)

    def problems(self, *x: Tensor) -> Iterator[Problem]:
        found = [
            *floats(self.kind(), x[0]),
            *channel_axis_is_meant(self.kind(), self.axis, x[0]),
        ]
        yield from found
        if not found:
            yield from self.counts(x[0])

    def counts(self, x: Tensor) -> Iterator[Problem]:
        """What is wrong with how many numbers are normalised together."""
        return iter(())

    def weights(self, *x: Tensor) -> tuple[Weight, ...]:
        return self._affine((x[0].shape[self.channels],))


class GroupNorm(_OfChannels):
    """Normalises each example over groups of channels: y = scale · (x - mean) / sqrt(var + eps) +
    bias.

    The shape stays. Neighbouring channels form groups; mean and biased variance are those of all
    channels and places of a group, the same in training and evaluation. Channels are the first
    axis; two axes that do not come from a 1-D convolution must say which.

    - `groups`: how many; it divides the channels. 1 is one group of all channels.
    - `eps`: above 0.
    - `scale`, `bias`: whether each is learned, for each channel; without, it is 1 and 0.
    - `axis`: the axis of the channels.
    - `init`, `bias_init`: how scale and bias start.

    Weights: `weight` and `bias` [c]. MACs: 0. Wu and He 2018.
    """

    positional: ClassVar = ("groups",)
    onnx: ClassVar = ("Reshape", "InstanceNormalization", "Mul", "Add")
    tflite: ClassVar = ("RESHAPE", "MEAN", "SQUARED_DIFFERENCE", "ADD", "RSQRT", "MUL", "NEG")
    examples: ClassVar = (
        example("GroupNorm(2)", "f32[6, 7, 5]"),
        example("GroupNorm(3)", "f32[6]"),
        example("GroupNorm(1, eps=1e-3, axis=0)", "f32[4, 6]"),
        example("GroupNorm(3, axis=-1, bias=false)", "f32[4, 6]"),
        example("GroupNorm(2, scale=false, bias=false)", "f32[4, 2, 3]"),
        example("GroupNorm(2, scale=false)", "f32[4, 2, 3, 2]"),
    )

    groups: Count

    def counts(self, x: Tensor) -> Iterator[Problem]:
        channels = int(x.shape[self.channels])
        if channels % self.groups:
            fitting = [n for n in range(1, channels + 1) if channels % n == 0]
            near = min(fitting, key=lambda n: abs(n - self.groups))
            what = f"{self.groups} groups do not divide the {channels} channels of {x}"
            yield Problem("groups", what, f"{near} does")
        elif channels // self.groups * self.spread(x) == 1:
            what = f"a group of one number is its own mean, so that {x} becomes zeros"
            yield Problem("groups", what, "use fewer groups")


class InstanceNorm(_OfChannels):
    """Normalises each channel of each example over its places: y = scale · (x - mean) / sqrt(var +
    eps) + bias.

    The shape stays. Mean and biased variance are those of one channel of one example, the same in
    training and evaluation. Channels are the first axis; two axes that do not come from a 1-D
    convolution must say which.

    - `eps`: above 0.
    - `scale`, `bias`: whether each is learned, for each channel; without, it is 1 and 0 (PyTorch's
      default, `affine=False`, is both false).
    - `running_stats`: whether running averages of mean and unbiased variance are kept, to which a
      batch adds the mean over its examples. Evaluation then normalises by them, as BatchNorm does,
      and by nothing of the example. PyTorch's `track_running_stats`.
    - `momentum`: the share of the new batch in the running averages, 0 to 1.
    - `axis`: the axis of the channels.
    - `init`, `bias_init`: how scale and bias start.

    Weights: `weight` and `bias` [c]; statistics `running_mean` and `running_var` [c], if kept.
    MACs: 0. Ulyanov et al. 2016.
    """

    onnx: ClassVar = ("InstanceNormalization",)
    tflite: ClassVar = ("RESHAPE", "MEAN", "SQUARED_DIFFERENCE", "ADD", "RSQRT", "MUL", "NEG")
    examples: ClassVar = (
        example("InstanceNorm", "f32[3, 7, 5]"),
        example("InstanceNorm(eps=1e-3, axis=0)", "f32[4, 6]"),
        example("InstanceNorm(axis=-1, bias=false)", "f32[4, 6]"),
        example("InstanceNorm(scale=false, bias=false)", "f32[2, 4, 3]"),
        example("InstanceNorm(scale=false)", "f32[3, 2, 4, 2]"),
        example("InstanceNorm(running_stats=true, momentum=0.2)", "f32[3, 7, 5]"),
        example("InstanceNorm(running_stats=true, axis=-1, bias=false)", "f32[4, 6]"),
    )

    running_stats: Flag = False
    momentum: Fraction = MOMENTUM

    @property
    def centred_axis(self) -> int:
        return self.channels

    @property
    def keeps_statistics(self) -> bool:
        return self.running_stats

    def weights(self, *x: Tensor) -> tuple[Weight, ...]:
        own = super().weights(*x)
        if not self.running_stats:
            return own
        # What evaluation makes of it is a scale and a shift, which an export folds away.
        folded = tuple(replace(w, folds=True) for w in own)
        return *folded, *running((x[0].shape[self.channels],))

    def counts(self, x: Tensor) -> Iterator[Problem]:
        yield from needless_momentum(self.momentum, self.running_stats)
        if self.spread(x) == 1:
            what = f"a channel of one place is its own mean, so that {x} becomes zeros"
            yield Problem(None, what, "LayerNorm normalises over the channels")
