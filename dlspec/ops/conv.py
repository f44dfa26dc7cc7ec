"""Convolutions, on one axis and on two."""

from abc import abstractmethod
from collections.abc import Iterator
from math import prod
from typing import Annotated, ClassVar

from dlspec.declared import Problem, Words
from dlspec.expr import product
from dlspec.ops.base import Weight, example
from dlspec.ops.fields import Count, Flag, PerAxis
from dlspec.ops.init import GLOROT, ZEROS, Initial
from dlspec.ops.window import Padding, Windowed
from dlspec.tensor import Tensor


class _Conv(Windowed):
    """What a convolution adds to a window: a kernel, groups and a bias."""

    stride: PerAxis = 1
    dilation: PerAxis = 1
    bias: Flag = True
    init: Initial = GLOROT
    bias_init: Initial = ZEROS

    @classmethod
    def has_object(cls) -> bool:
        return True

    @classmethod
    def has_weights(cls) -> bool:
        return True

    @abstractmethod
    def filters(self, x: Tensor) -> tuple[int, int]:
        """The numbers of output channels and of groups."""

    def shape(self, *x: Tensor) -> Tensor:
        return x[0].with_shape(self.filters(x[0])[0], *self.slid(x[0]), image=True)

    def weights(self, *x: Tensor) -> tuple[Weight, ...]:
        channels, groups = self.filters(x[0])
        kernel = (channels, int(x[0].shape[0]) // groups, *self.kernels)
        weight = Weight("weight", kernel, self.init, groups=groups)
        return (weight, Weight("bias", (channels,), self.bias_init)) if self.bias else (weight,)

    def macs(self, *x: Tensor) -> int:
        return self.weights(*x)[0].size * prod(int(n) for n in self.slid(x[0]))


class _Grouped(_Conv):
    """A convolution to a given number of channels."""

    positional: ClassVar = ("channels", "kernel")

    channels: Count
    groups: Count = 1

    def filters(self, x: Tensor) -> tuple[int, int]:
        return self.channels, self.groups

    def problems(self, *x: Tensor) -> Iterator[Problem]:
        yield from super().problems(*x)
        if x[0].rank == self.places + 1 and x[0].shape[0] % self.groups:
            what = f"{int(self.groups)} groups do not divide the {x[0].shape[0]:d} input channels"
            yield Problem("groups", what, f"a divisor of {x[0].shape[0]:d}")
        if self.channels % self.groups:
            what = f"{int(self.groups)} groups do not divide {int(self.channels)} channels"
            yield Problem("groups", what, f"a divisor of {int(self.channels)}")


class Conv1D(_Grouped):
    """A convolution over one axis: [c, l] becomes [channels, l'].

    y[o, i] = b[o] + Σ W[o, c, k] · x[c, i · stride + k · dilation - before], a cross-correlation as
    everywhere in deep learning. l' = (l + before + after - (kernel - 1) · dilation - 1) // stride
    + 1.

    - `channels`: the number of filters.
    - `kernel`, `stride`, `dilation`: 1 or more.
    - `padding`: zeros at the ends: `valid` (none), `same` (l' = ceil(l / stride), the surplus at
      the end), `causal` (all before: no place sees a later one), a number for both ends, or
      (before, after).
    - `groups`: inputs and outputs fall into so many groups, which do not see each other.
    - `bias`, `init`, `bias_init`: whether b is added, and how W and b start.

    Weights: `weight` [channels, c / groups, kernel], `bias` [channels].
    MACs: l' · channels · c / groups · kernel.
    """

    places: ClassVar = 1
    onnx: ClassVar = ("Conv",)
    tflite: ClassVar = ("CONV_2D",)
    examples: ClassVar = (
        example("Conv1D(5, 3)", "f32[4, 11]"),
        example("Conv1D(6, 4, stride=2, padding=same, bias=false)", "f32[3, 9]"),
        example("Conv1D(4, 3, padding=causal, dilation=2)", "f32[2, 10]"),
        example("Conv1D(6, 3, padding=(0, 2), groups=2)", "f32[4, 8]"),
        example("Conv1D(2, 5, stride=3, padding=1)", "f32[3, 13]"),
    )

    padding: Annotated[Padding, Words(("causal",))] = "valid"


class Conv2D(_Grouped):
    """A convolution over two axes: [c, h, w] becomes [channels, h', w'].

    y[o, i, j] = b[o] + Σ W[o, c, k, l] · x[c, i · stride + k · dilation - top, ...], a
    cross-correlation as everywhere in deep learning. h' = (h + top + bottom - (kernel - 1) ·
    dilation - 1) // stride + 1, and w' likewise.

    - `channels`: the number of filters.
    - `kernel`, `stride`, `dilation`: 1 or more, or (height, width).
    - `padding`: zeros at the edges: `valid` (none), `same` (h' = ceil(h / stride), the surplus at
      the bottom and the right), a number for all edges, or (height, width), each a number or
      (before, after).
    - `groups`: inputs and outputs fall into so many groups, which do not see each other.
    - `bias`, `init`, `bias_init`: whether b is added, and how W and b start.

    Weights: `weight` [channels, c / groups, kernel, kernel], `bias` [channels].
    MACs: h' · w' · channels · c / groups · kernel².
    """

    places: ClassVar = 2
    onnx: ClassVar = ("Conv",)
    tflite: ClassVar = ("CONV_2D",)
    examples: ClassVar = (
        example("Conv2D(4, 3)", "f32[3, 9, 8]"),
        example("Conv2D(4, 3, padding=same, bias=false)", "f32[2, 7, 6]"),
        example("Conv2D(5, (3, 2), stride=2, padding=same)", "f32[3, 8, 11]"),
        example("Conv2D(4, 3, stride=(2, 1), padding=1)", "f32[3, 9, 8]"),
        example("Conv2D(6, 3, dilation=2, padding=(2, 1), groups=3)", "f32[3, 9, 10]"),
        example("Conv2D(6, (1, 3), padding=((0, 1), (2, 0)), groups=2)", "f32[4, 5, 7]"),
    )


class DepthwiseConv2D(_Conv):
    """A convolution of each channel by itself: [c, h, w] becomes [c · multiplier, h', w'].

    The same as Conv2D(c · multiplier, kernel, groups=c): output channel o reads input channel
    o // multiplier.

    - `kernel`, `stride`, `dilation`: 1 or more, or (height, width).
    - `multiplier`: the number of filters for each channel.
    - `padding`: as for Conv2D.
    - `bias`, `init`, `bias_init`: whether b is added, and how W and b start.

    Weights: `weight` [c · multiplier, 1, kernel, kernel], `bias` [c · multiplier].
    MACs: h' · w' · c · multiplier · kernel². Sifre 2014; Howard et al. 2017 (MobileNet).
    """

    places: ClassVar = 2
    positional: ClassVar = ("kernel",)
    onnx: ClassVar = ("Conv",)
    tflite: ClassVar = ("DEPTHWISE_CONV_2D",)
    examples: ClassVar = (
        example("DepthwiseConv2D(3)", "f32[3, 9, 8]"),
        example("DepthwiseConv2D(3, stride=2, padding=same, bias=false)", "f32[4, 7, 10]"),
        example("DepthwiseConv2D((2, 3), multiplier=2, padding=1)", "f32[3, 6, 7]"),
        example("DepthwiseConv2D(3, dilation=2, padding=2)", "f32[2, 7, 9]"),
    )

    multiplier: Count = 1

    def filters(self, x: Tensor) -> tuple[int, int]:
        return product(x.shape[0], self.multiplier), int(x.shape[0])
