"""Transposed convolutions, which make images larger."""

from collections.abc import Iterator
from math import prod
from typing import ClassVar

from dlspec.declared import Problem
from dlspec.expr import product
from dlspec.ops.base import Weight, example
from dlspec.ops.convolution import NO_DILATION, NO_GROUPS, Grouped
from dlspec.ops.fields import ExtraPerAxis
from dlspec.ops.window import Pads
from dlspec.tensor import Tensor


class _Transposed(Grouped):
    """The gradient of a convolution by its input, as a layer: each place adds a kernel to the
    output, `stride` further on than the place before it."""

    onnx: ClassVar = ("ConvTranspose",)
    outputs: ClassVar = 1

    output_padding: ExtraPerAxis = 0

    @property
    def extras(self) -> tuple[int, ...]:
        """The places at the end of each axis that no kernel reaches, or only the last one."""
        given = self.output_padding
        if self.padding != "same":
            return given if isinstance(given, tuple) else (given,) * self.places
        return tuple(
            max(stride - span, 0) for span, stride in zip(self.spans, self.strides, strict=True)
        )

    def pads(self, x: Tensor) -> Pads:
        """How much of each axis is cut off at its ends."""
        if self.padding != "same":
            return super().pads(x)
        totals = (max(span - s, 0) for span, s in zip(self.spans, self.strides, strict=True))
        return tuple((n // 2, n - n // 2) for n in totals)

    def slid(self, x: Tensor) -> tuple[int, ...]:
        sizes = zip(x.shape[1:], self.pads(x), self.spans, self.strides, self.extras, strict=True)
        return tuple(
            product(n, stride)
            if span - before - after + extra == stride
            else (n - 1) * int(stride) + (span - before - after + int(extra))
            for n, (before, after), span, stride, extra in sizes
        )

    def unfit_norm(self) -> Iterator[Problem]:
        yield from super().unfit_norm()
        if self.norm is not None and self.groups > 1:
            what = "the outputs of several groups share an axis of the kernel, so none has a norm"
            yield Problem("norm", what, "leave out norm or groups")

    def misfits(self, x: Tensor) -> Iterator[Problem]:
        if self.padding == "same" and self.output_padding != 0:
            what = "padding=same gives stride times as many places, with no room for more"
            yield Problem("output_padding", what, "leave output_padding out")
            return
        for extra, stride in zip(self.extras, self.strides, strict=True):
            if self.padding != "same" and extra >= stride:
                what = f"an output padding of {extra} is no less than the stride of {stride}"
                yield Problem("output_padding", what, f"at most {stride - 1}")
                return
        for axis, (n, cut) in enumerate(zip(self.slid(x), self.pads(x), strict=True), start=1):
            if n < 1:
                whole = int(n) + sum(cut)
                what = (
                    f"padding of {sum(cut)} leaves nothing of axis {axis}, which would have "
                    f"{whole} places"
                )
                yield Problem("padding", what, f"at most {whole - 1} at both ends together")
                return

    def weights(self, *x: Tensor) -> tuple[Weight, ...]:
        inputs = int(x[0].shape[0])
        kernel = (inputs, self.channels // int(self.groups), *self.kernels)
        weight = Weight("weight", kernel, self.init, groups=int(self.groups))
        bias = (Weight("bias", (self.channels,), self.bias_init),) if self.bias else ()
        return self.parametrized(weight, bias)

    def macs(self, *x: Tensor) -> int:
        each = int(self.channels) // int(self.groups) * prod(self.kernels)
        return x[0].size * each


class ConvTranspose1D(_Transposed):
    """A transposed convolution over one axis: [c, l] becomes [channels, l'].

    y[o, i · stride + k · dilation - before] = b[o] + Σ W[c, o, k] · x[c, i]. l' = (l - 1) · stride
    - before - after + (kernel - 1) · dilation + 1 + output_padding.

    - `channels`: the number of filters.
    - `kernel`, `stride`, `dilation`: 1 or more.
    - `padding`: what is cut off at the ends: `valid` (nothing), `same` (l' = l · stride, the
      surplus at the end), a number for both ends, or (before, after).
    - `output_padding`: further places at the end, fewer than `stride`: which of the sizes is meant
      that a convolution of this stride makes equal.
    - `groups`: inputs and outputs fall into so many groups, which do not see each other.
    - `bias`, `init`, `bias_init`: whether b is added, and how W and b start.
    - `norm`: `weight` computes W = g · v / |v| for each output, and trains g and v; `spectral`
      divides W by its greatest singular value: see Dense.

    Weights: `weight` [c, channels / groups, kernel], `bias` [channels].
    MACs: l · c · channels / groups · kernel.
    """

    places: ClassVar = 1
    tflite: ClassVar = ("TRANSPOSE_CONV",)
    examples: ClassVar = (
        example("ConvTranspose1D(5, 3)", "f32[4, 7]"),
        example("ConvTranspose1D(3, 4, stride=2, padding=1, bias=false)", "f32[2, 6]"),
        example("ConvTranspose1D(3, 3, stride=2, padding=same)", "f32[2, 6]"),
        example("ConvTranspose1D(4, 3, stride=3, padding=(0, 1), output_padding=2)", "f32[2, 5]"),
        example("ConvTranspose1D(4, 3, stride=2, dilation=2, groups=2)", "f32[6, 5]"),
        example("ConvTranspose1D(4, 4, stride=2, padding=1, norm=weight)", "f32[3, 5]"),
        example("ConvTranspose1D(4, 3, stride=2, dilation=2, norm=spectral)", "f32[3, 5]"),
    )


class ConvTranspose2D(_Transposed):
    """A transposed convolution over two axes: [c, h, w] becomes [channels, h', w'].

    y[o, i · stride + k · dilation - top, ...] = b[o] + Σ W[c, o, k, l] · x[c, i, j]. h' = (h - 1) ·
    stride - top - bottom + (kernel - 1) · dilation + 1 + output_padding, and w' likewise.

    - `channels`: the number of filters.
    - `kernel`, `stride`, `dilation`: 1 or more, or (height, width).
    - `padding`: what is cut off at the edges: `valid` (nothing), `same` (h' = h · stride, the
      surplus at the bottom and the right), a number for all edges, or (height, width), each a
      number or (before, after).
    - `output_padding`: further places at the bottom and the right, fewer than `stride`, or
      (height, width): which of the sizes is meant that a convolution of this stride makes equal.
    - `groups`: inputs and outputs fall into so many groups, which do not see each other.
    - `bias`, `init`, `bias_init`: whether b is added, and how W and b start.
    - `norm`: `weight` computes W = g · v / |v| for each output, and trains g and v; `spectral`
      divides W by its greatest singular value: see Dense.

    Weights: `weight` [c, channels / groups, height, width of the kernel], `bias` [channels].
    MACs: h · w · c · channels / groups · kernel². Zeiler et al. 2010.
    """

    places: ClassVar = 2
    tflite: ClassVar = ("TRANSPOSE_CONV",)
    examples: ClassVar = (
        example("ConvTranspose2D(4, 2, stride=2)", "f32[3, 5, 4]"),
        example("ConvTranspose2D(4, 4, stride=2, padding=1, bias=false)", "f32[3, 5, 4]"),
        example("ConvTranspose2D(3, 5, stride=2, padding=2, output_padding=1)", "f32[2, 4, 6]"),
        example("ConvTranspose2D(3, (3, 1), stride=(2, 3), padding=same)", "f32[2, 5, 4]"),
        example("ConvTranspose2D(3, (2, 3), padding=((0, 1), 1))", "f32[2, 5, 4]"),
        example("ConvTranspose2D(4, 3, stride=2, padding=1, dilation=2)", "f32[3, 4, 5]"),
        example("ConvTranspose2D(4, 3, dilation=2, norm=weight)", "f32[3, 4, 5]"),
        example("ConvTranspose2D(4, 2, stride=2, norm=spectral)", "f32[3, 4, 5]"),
        example(
            "ConvTranspose2D(6, 3, stride=(2, 1), output_padding=(1, 0), groups=3)", "f32[3, 4, 5]"
        ),
    )


class ConvTranspose3D(_Transposed):
    """A transposed convolution over three axes: [c, d, h, w] becomes [channels, d', h', w'].

    y[o, i · stride + l · dilation - front, ...] = b[o] + Σ W[c, o, l, m, n] · x[c, i, j, k]. d' =
    (d - 1) · stride - front - back + (kernel - 1) · dilation + 1 + output_padding, and h' and w'
    likewise.

    - `channels`: the number of filters.
    - `kernel`, `stride`, `dilation`: 1 or more, or (depth, height, width).
    - `padding`: what is cut off at the ends: `valid` (nothing), `same` (d' = d · stride, the
      surplus behind), a number for all ends, or (depth, height, width), each a number or
      (before, after).
    - `output_padding`: further places behind, fewer than `stride`, or (depth, height, width): which
      of the sizes is meant that a convolution of this stride makes equal.
    - `groups`: inputs and outputs fall into so many groups, which do not see each other.
    - `bias`, `init`, `bias_init`: whether b is added, and how W and b start.
    - `norm`: `weight` computes W = g · v / |v| for each output, and trains g and v; `spectral`
      divides W by its greatest singular value: see Dense.

    Weights: `weight` [c, channels / groups, depth, height, width of the kernel], `bias` [channels].
    MACs: d · h · w · c · channels / groups · kernel³.
    In int8 files it stays in float32: LiteRT has no other kernel for it.
    """

    places: ClassVar = 3
    tflite: ClassVar = ("CONV_3D_TRANSPOSE",)
    refusals: ClassVar = (NO_GROUPS, NO_DILATION)
    examples: ClassVar = (
        example("ConvTranspose3D(4, 2, stride=2)", "f32[3, 3, 2, 4]"),
        example("ConvTranspose3D(2, 3, stride=2, padding=1, bias=false)", "f32[3, 3, 2, 4]"),
        example("ConvTranspose3D(2, 3, stride=(1, 2, 2), padding=same)", "f32[2, 3, 2, 4]"),
        example("ConvTranspose3D(2, 3, stride=2, padding=1, output_padding=1)", "f32[2, 2, 3, 2]"),
        example("ConvTranspose3D(3, 2, norm=weight)", "f32[2, 2, 3, 2]"),
        example("ConvTranspose3D(3, 2, stride=2, norm=spectral)", "f32[2, 2, 3, 2]"),
        example(
            "ConvTranspose3D(4, 2, dilation=2, padding=(0, (1, 0), 0), groups=2)", "f32[2, 3, 2, 4]"
        ),
    )
