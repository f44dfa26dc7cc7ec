"""Convolutions."""

from typing import ClassVar

from dlspec.expr import product
from dlspec.ops.base import example
from dlspec.ops.convolution import (
    NO_DILATION,
    NO_GROUPS,
    CausalPadding,
    Grouped,
    NormedConvolution,
)
from dlspec.ops.fields import Count
from dlspec.tensor import Tensor


class Conv1D(Grouped):
    """A convolution over one axis: [c, l] becomes [channels, l'].

    y[o, i] = b[o] + Σ W[o, c, k] · x[c, i · stride + k · dilation - before], a cross-correlation as
    everywhere in deep learning. l' = (l + before + after - (kernel - 1) · dilation - 1) // stride
    + 1.

    - `channels`: the number of filters.
    - `kernel`, `stride`, `dilation`: 1 or more.
    - `padding`: zeros at the ends: `valid` (none), `same` (l' = ceil(l / stride), the surplus at
      the end), `causal` (all before: no place sees a later one), a number for both ends, or
      (before, after).
      Borders that hold something else stand before it: `Pad1D(1, mode=reflect) -> Conv1D(8, 3)`,
      `edge` for PyTorch's `padding_mode="replicate"`, `wrap` for `"circular"`.
    - `groups`: inputs and outputs fall into so many groups, which do not see each other.
    - `bias`, `init`, `bias_init`: whether b is added, and how W and b start.
    - `norm`: `weight` computes W = g · v / |v| for each output, and trains g and v; `spectral`
      divides W by its greatest singular value: see Dense.

    Weights: `weight` [channels, c / groups, kernel], `bias` [channels].
    MACs: l' · channels · c / groups · kernel.
    """

    places: ClassVar = 1
    causal: ClassVar = True
    onnx: ClassVar = ("Conv",)
    tflite: ClassVar = ("CONV_2D",)
    examples: ClassVar = (
        example("Conv1D(5, 3)", "f32[4, 11]"),
        example("Conv1D(6, 4, stride=2, padding=same, bias=false)", "f32[3, 9]"),
        example("Conv1D(4, 3, padding=causal, dilation=2)", "f32[2, 10]"),
        example("Conv1D(6, 3, padding=(0, 2), groups=2)", "f32[4, 8]"),
        example("Conv1D(2, 5, stride=3, padding=1)", "f32[3, 13]"),
        example("Conv1D(3, 3, norm=weight)", "f32[2, 8]"),
        example("Conv1D(4, 3, padding=causal, norm=spectral)", "f32[2, 8]"),
    )

    padding: CausalPadding = "valid"


class Conv2D(Grouped):
    """A convolution over two axes: [c, h, w] becomes [channels, h', w'].

    y[o, i, j] = b[o] + Σ W[o, c, k, l] · x[c, i · stride + k · dilation - top, ...], a
    cross-correlation as everywhere in deep learning. h' = (h + top + bottom - (kernel - 1) ·
    dilation - 1) // stride + 1, and w' likewise.

    - `channels`: the number of filters.
    - `kernel`, `stride`, `dilation`: 1 or more, or (height, width).
    - `padding`: zeros at the edges: `valid` (none), `same` (h' = ceil(h / stride), the surplus at
      the bottom and the right), a number for all edges, or (height, width), each a number or
      (before, after).
      Borders that hold something else stand before it: `Pad2D(1, mode=reflect) -> Conv2D(8, 3)`,
      `edge` for PyTorch's `padding_mode="replicate"`, `wrap` for `"circular"`.
    - `groups`: inputs and outputs fall into so many groups, which do not see each other.
    - `bias`, `init`, `bias_init`: whether b is added, and how W and b start.
    - `norm`: `weight` computes W = g · v / |v| for each output, and trains g and v; `spectral`
      divides W by its greatest singular value: see Dense.

    Weights: `weight` [channels, c / groups, height, width of the kernel], `bias` [channels].
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
        example("Conv2D(4, 3, groups=2, norm=weight)", "f32[4, 5, 6]"),
        example("Conv2D(4, 3, stride=2, norm=spectral)", "f32[3, 7, 6]"),
    )


class Conv3D(Grouped):
    """A convolution over three axes: [c, d, h, w] becomes [channels, d', h', w'].

    y[o, i, j, k] = b[o] + Σ W[o, c, l, m, n] · x[c, i · stride + l · dilation - front, ...], a
    cross-correlation as everywhere in deep learning. d' = (d + front + back - (kernel - 1) ·
    dilation - 1) // stride + 1, and h' and w' likewise.

    - `channels`: the number of filters.
    - `kernel`, `stride`, `dilation`: 1 or more, or (depth, height, width).
    - `padding`: zeros at the ends: `valid` (none), `same` (d' = ceil(d / stride), the surplus
      behind), a number for all ends, or (depth, height, width), each a number or (before, after).
      Borders that hold something else stand before it: `Pad3D(1, mode=reflect) -> Conv3D(8, 3)`,
      `edge` for PyTorch's `padding_mode="replicate"`, `wrap` for `"circular"`.
    - `groups`: inputs and outputs fall into so many groups, which do not see each other.
    - `bias`, `init`, `bias_init`: whether b is added, and how W and b start.
    - `norm`: `weight` computes W = g · v / |v| for each output, and trains g and v; `spectral`
      divides W by its greatest singular value: see Dense.

    Weights: `weight` [channels, c / groups, depth, height, width of the kernel], `bias` [channels].
    MACs: d' · h' · w' · channels · c / groups · kernel³. Tran et al. 2015 (C3D).
    In int8 files it stays in float32: LiteRT has no other kernel for it.
    """

    places: ClassVar = 3
    onnx: ClassVar = ("Conv",)
    tflite: ClassVar = ("CONV_3D",)
    refusals: ClassVar = (NO_GROUPS, NO_DILATION)
    examples: ClassVar = (
        example("Conv3D(4, 3)", "f32[3, 5, 6, 4]"),
        example("Conv3D(4, 3, stride=2, padding=same, bias=false)", "f32[2, 6, 5, 7]"),
        example(
            "Conv3D(3, (1, 3, 2), stride=(1, 2, 1), padding=(0, 1, (1, 0)))", "f32[2, 3, 6, 5]"
        ),
        example("Conv3D(4, 2, dilation=2, padding=1)", "f32[2, 5, 6, 4]"),
        example("Conv3D(6, 3, padding=1, groups=2)", "f32[4, 4, 3, 5]"),
        example("Conv3D(3, 2, norm=weight)", "f32[2, 4, 3, 5]"),
        example("Conv3D(3, 2, norm=spectral, bias=false)", "f32[2, 4, 3, 5]"),
    )


class _Depthwise(NormedConvolution):
    """A convolution of each channel by itself."""

    positional: ClassVar = ("kernel",)

    multiplier: Count = 1

    def filters(self, x: Tensor) -> tuple[int, int]:
        return product(x.shape[0], self.multiplier), int(x.shape[0])


class DepthwiseConv1D(_Depthwise):
    """A convolution of each channel by itself: [c, l] becomes [c · multiplier, l'].

    The same as Conv1D(c · multiplier, kernel, groups=c): output channel o reads input channel
    o // multiplier.

    - `kernel`, `stride`, `dilation`: 1 or more.
    - `multiplier`: the number of filters for each channel.
    - `padding`: as for Conv1D.
    - `bias`, `init`, `bias_init`: whether b is added, and how W and b start.
    - `norm`: `weight` computes W = g · v / |v| for each output, and trains g and v; `spectral`
      divides W by its greatest singular value: see Dense.

    Weights: `weight` [c · multiplier, 1, kernel], `bias` [c · multiplier].
    MACs: l' · c · multiplier · kernel.
    """

    places: ClassVar = 1
    causal: ClassVar = True
    onnx: ClassVar = ("Conv",)
    tflite: ClassVar = ("DEPTHWISE_CONV_2D",)
    examples: ClassVar = (
        example("DepthwiseConv1D(3)", "f32[3, 9]"),
        example("DepthwiseConv1D(4, stride=2, padding=same, bias=false)", "f32[4, 11]"),
        example("DepthwiseConv1D(3, multiplier=2, padding=(2, 1))", "f32[3, 6]"),
        example("DepthwiseConv1D(3, dilation=2, padding=causal)", "f32[2, 9]"),
        example("DepthwiseConv1D(3, multiplier=2, norm=weight)", "f32[3, 7]"),
        example("DepthwiseConv1D(3, norm=spectral)", "f32[4, 7]"),
    )

    padding: CausalPadding = "valid"


class DepthwiseConv2D(_Depthwise):
    """A convolution of each channel by itself: [c, h, w] becomes [c · multiplier, h', w'].

    The same as Conv2D(c · multiplier, kernel, groups=c): output channel o reads input channel
    o // multiplier.

    - `kernel`, `stride`, `dilation`: 1 or more, or (height, width).
    - `multiplier`: the number of filters for each channel.
    - `padding`: as for Conv2D.
    - `bias`, `init`, `bias_init`: whether b is added, and how W and b start.
    - `norm`: `weight` computes W = g · v / |v| for each output, and trains g and v; `spectral`
      divides W by its greatest singular value: see Dense.

    Weights: `weight` [c · multiplier, 1, height, width of the kernel], `bias` [c · multiplier].
    MACs: h' · w' · c · multiplier · kernel². Sifre 2014; Howard et al. 2017 (MobileNet).
    """

    places: ClassVar = 2
    onnx: ClassVar = ("Conv",)
    tflite: ClassVar = ("DEPTHWISE_CONV_2D",)
    examples: ClassVar = (
        example("DepthwiseConv2D(3)", "f32[3, 9, 8]"),
        example("DepthwiseConv2D(3, stride=2, padding=same, bias=false)", "f32[4, 7, 10]"),
        example("DepthwiseConv2D((2, 3), multiplier=2, padding=1)", "f32[3, 6, 7]"),
        example("DepthwiseConv2D(3, dilation=2, padding=2)", "f32[2, 7, 9]"),
        example("DepthwiseConv2D(3, norm=weight)", "f32[3, 6, 5]"),
        example("DepthwiseConv2D((2, 3), multiplier=2, norm=spectral)", "f32[3, 6, 5]"),
    )
