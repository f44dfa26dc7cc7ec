"""Separable convolutions: each channel by itself, then all channels at each place."""

from math import prod
from typing import ClassVar

from dlspec.expr import product
from dlspec.ops.base import Weight, example
from dlspec.ops.convolution import CausalPadding, Convolution
from dlspec.ops.fields import Count
from dlspec.tensor import Tensor


class _Separable(Convolution):
    """A depthwise convolution without a bias, and one with a kernel of 1 behind it."""

    positional: ClassVar = ("channels", "kernel")
    onnx: ClassVar = ("Conv",)
    tflite: ClassVar = ("DEPTHWISE_CONV_2D", "CONV_2D")

    channels: Count
    multiplier: Count = 1

    def filters(self, x: Tensor) -> tuple[int, int]:
        return self.channels, 1

    def between(self, x: Tensor) -> int:
        """The channels that the first convolution gives."""
        return product(x.shape[0], self.multiplier)

    def weights(self, *x: Tensor) -> tuple[Weight, ...]:
        inputs, between = int(x[0].shape[0]), self.between(x[0])
        one = (1,) * self.places
        depthwise = Weight(
            "depthwise.weight", (between, 1, *self.kernels), self.init, groups=inputs
        )
        pointwise = Weight("pointwise.weight", (self.channels, between, *one), self.init)
        bias = Weight("pointwise.bias", (self.channels,), self.bias_init)
        return (depthwise, pointwise, bias) if self.bias else (depthwise, pointwise)

    def macs(self, *x: Tensor) -> int:
        depthwise, pointwise, *_ = self.weights(*x)
        return (depthwise.size + pointwise.size) * prod(int(n) for n in self.slid(x[0]))


class SeparableConv1D(_Separable):
    """DepthwiseConv1D(kernel, multiplier, bias=false), then Conv1D(channels, 1): [c, l] becomes
    [channels, l'].

    - `channels`: the number of filters.
    - `kernel`, `stride`, `dilation`: of the depthwise convolution; 1 or more.
    - `multiplier`: how many channels it makes of each.
    - `padding`: as for Conv1D.
    - `bias`, `init`, `bias_init`: whether a bias is added at the end, and how both kernels and it
      start.

    Weights: `depthwise.weight` [c · multiplier, 1, kernel], `pointwise.weight`
    [channels, c · multiplier, 1], `pointwise.bias` [channels].
    MACs: l' · c · multiplier · (kernel + channels).
    """

    places: ClassVar = 1
    causal: ClassVar = True
    examples: ClassVar = (
        example("SeparableConv1D(5, 3)", "f32[3, 9]"),
        example("SeparableConv1D(4, 3, stride=2, padding=same, bias=false)", "f32[2, 10]"),
        example("SeparableConv1D(4, 3, multiplier=2, dilation=2, padding=causal)", "f32[3, 8]"),
    )

    padding: CausalPadding = "valid"


class SeparableConv2D(_Separable):
    """DepthwiseConv2D(kernel, multiplier, bias=false), then Conv2D(channels, 1): [c, h, w] becomes
    [channels, h', w'].

    - `channels`: the number of filters.
    - `kernel`, `stride`, `dilation`: of the depthwise convolution; 1 or more, or (height, width).
    - `multiplier`: how many channels it makes of each.
    - `padding`: as for Conv2D.
    - `bias`, `init`, `bias_init`: whether a bias is added at the end, and how both kernels and it
      start.

    Weights: `depthwise.weight` [c · multiplier, 1, height, width of the kernel], `pointwise.weight`
    [channels, c · multiplier, 1, 1], `pointwise.bias` [channels].
    MACs: h' · w' · c · multiplier · (kernel² + channels). Chollet 2017 (Xception).
    """

    places: ClassVar = 2
    examples: ClassVar = (
        example("SeparableConv2D(5, 3)", "f32[3, 9, 8]"),
        example("SeparableConv2D(4, 3, stride=2, padding=same, bias=false)", "f32[3, 7, 10]"),
        example("SeparableConv2D(4, (3, 2), multiplier=2, padding=(1, (0, 1)))", "f32[2, 6, 7]"),
        example("SeparableConv2D(4, 3, dilation=2, padding=2)", "f32[2, 7, 9]"),
    )
