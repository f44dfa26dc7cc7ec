"""Pooling by windows."""

from collections.abc import Iterator
from typing import ClassVar

from dlspec.declared import Problem
from dlspec.ops.base import example
from dlspec.ops.fields import Flag, PerAxis
from dlspec.ops.rules import fixed_sizes
from dlspec.ops.window import Pads, Windowed
from dlspec.tensor import Tensor


class _Pool(Windowed):
    """A window over each channel, without weights."""

    positional: ClassVar = ("kernel",)

    stride: PerAxis | None = None
    ceil_mode: Flag = False

    def overhangs(self, x: Tensor) -> tuple[int, ...]:
        """How far the last window of each axis reaches over the end, with `ceil_mode`: as far as it
        must for no place to be left out."""
        return tuple(
            _overhang(int(n), before, after, span, int(stride)) if self.ceil_mode else 0
            for n, (before, after), span, stride in zip(
                x.shape[1:], super().pads(x), self.spans, self.strides, strict=True
            )
        )

    def pads(self, x: Tensor) -> Pads:
        given = zip(super().pads(x), self.overhangs(x), strict=True)
        return tuple((before, after + over) for (before, after), over in given)

    def misfits(self, x: Tensor) -> Iterator[Problem]:
        found = tuple(super().misfits(x))
        if self.ceil_mode or self.places == 3 or max(self.dilations) > 1:
            found += tuple(fixed_sizes(self.kind(), x))
        yield from found
        if found:
            return
        sizes = zip(self.spans, self.dilations, super().pads(x), x.shape[1:], strict=True)
        for axis, (span, apart, pads, n) in enumerate(sizes, start=1):
            if max(pads) >= span:
                what = f"padding of {max(pads)} leaves windows of {int(span)} empty"
                yield Problem("padding", what, f"at most {int(span) - 1} at each end")
                return
            if any(pads) and apart > n:
                what = (
                    f"places {int(apart)} apart may all lie in the padding of axis {axis} of {x}, "
                    f"which has {int(n)}"
                )
                yield Problem("dilation", what, f"at most {int(n)}, or no padding")
                return

    def shape(self, *x: Tensor) -> Tensor:
        return x[0].with_shape(x[0].shape[0], *self.slid(x[0]), image=True)


def _overhang(n: int, before: int, after: int, span: int, stride: int) -> int:
    """What a window more has beyond the end: there is one where places are left over, unless it
    would begin beyond the end itself."""
    padded = n + before + after
    steps, left = divmod(padded - span, stride)
    start = (steps + 1) * stride
    return start + span - padded if left and start < n + before else 0


class _MaxPool(_Pool):
    """The greatest value of a window, whose places may lie apart."""

    onnx: ClassVar = ("MaxPool",)

    dilation: PerAxis = 1


class MaxPool1D(_MaxPool):
    """The greatest value of each window over one axis: [c, l] becomes [c, l'].

    - `kernel`, `stride` (none: the kernel): 1 or more.
    - `padding`: `valid`, `same` (l' = ceil(l / stride), the surplus at the end), a number for both
      ends, or (before, after); less than the window. What is padded never wins: it counts as -∞.
    - `dilation`: how far the places of a window lie apart; 1 or more.
    - `ceil_mode`: whether a last window may reach over the end, so that no place is left out: l' is
      rounded up, unless the window would begin beyond the end. What lies over the end never
      counts.
    """

    places: ClassVar = 1
    tflite: ClassVar = ("MAX_POOL_2D",)
    examples: ClassVar = (
        example("MaxPool1D(2)", "f32[3, 9]"),
        example("MaxPool1D(3, stride=2, padding=same)", "f32[2, 10]"),
        example("MaxPool1D(3, stride=1, padding=(0, 2))", "f32[4, 7]"),
        example("MaxPool1D(4, padding=(2, 1))", "f32[2, 1]"),
        example("MaxPool1D(3, stride=2, dilation=2, padding=1)", "f32[2, 10]"),
        example("MaxPool1D(2, stride=3, ceil_mode=true)", "f32[3, 10]"),
    )


class MaxPool2D(_MaxPool):
    """The greatest value of each window over two axes: [c, h, w] becomes [c, h', w'].

    - `kernel`, `stride` (none: the kernel): 1 or more, or (height, width).
    - `padding`: `valid`, `same` (h' = ceil(h / stride), the surplus at the bottom and the right), a
      number, or (height, width), each a number or (before, after); less than the window. What is
      padded never wins: it counts as -∞.
    - `dilation`: how far the places of a window lie apart; 1 or more, or (height, width).
    - `ceil_mode`: whether last windows may reach over the edge, so that no place is left out: h'
      and w' are rounded up, unless a window would begin beyond the edge. What lies over the edge
      never counts.
    """

    places: ClassVar = 2
    tflite: ClassVar = ("MAX_POOL_2D",)
    examples: ClassVar = (
        example("MaxPool2D(2)", "f32[3, 9, 8]"),
        example("MaxPool2D(3, stride=2, padding=1)", "f32[4, 7, 10]"),
        example("MaxPool2D((2, 3), stride=(1, 2), padding=same)", "f32[2, 6, 8]"),
        example("MaxPool2D(2, stride=1, dilation=(2, 3), padding=1)", "f32[2, 6, 5]"),
        example("MaxPool2D(3, stride=2, ceil_mode=true)", "f32[2, 8, 7]"),
    )


class MaxPool3D(_MaxPool):
    """The greatest value of each window over three axes: [c, d, h, w] becomes [c, d', h', w'].

    - `kernel`, `stride` (none: the kernel): 1 or more, or (depth, height, width).
    - `padding`: `valid`, `same` (d' = ceil(d / stride), the surplus behind), a number, or (depth,
      height, width), each a number or (before, after); less than the window. What is padded never
      wins: it counts as -∞.
    - `dilation`: how far the places of a window lie apart; 1 or more, or (depth, height, width).
    - `ceil_mode`: whether last windows may reach over the end, so that no place is left out: d', h'
      and w' are rounded up, unless a window would begin beyond the end. What lies over the end
      never counts.
    """

    places: ClassVar = 3
    tflite: ClassVar = ("MAX_POOL_2D", "RESHAPE")
    examples: ClassVar = (
        example("MaxPool3D(2)", "f32[3, 4, 5, 6]"),
        example("MaxPool3D(3, stride=2, padding=1)", "f32[2, 5, 4, 6]"),
        example("MaxPool3D((1, 2, 3), stride=(1, 2, 1), padding=same)", "f32[2, 3, 5, 4]"),
        example("MaxPool3D(2, stride=1, dilation=2)", "f32[2, 4, 3, 5]"),
        example("MaxPool3D(2, ceil_mode=true)", "f32[2, 3, 5, 4]"),
    )


class _AvgPool(_Pool):
    """The mean of a window, with or without what is padded."""

    onnx: ClassVar = ("AveragePool",)

    count_include_pad: Flag = False


class AvgPool1D(_AvgPool):
    """The mean of each window over one axis: [c, l] becomes [c, l'].

    - `kernel`, `stride` (none: the kernel): 1 or more.
    - `padding`: `valid`, `same` (l' = ceil(l / stride), the surplus at the end), a number for both
      ends, or (before, after); less than the kernel.
    - `count_include_pad`: whether padded zeros count in the mean. They do not by default, so a
      constant stays constant at the ends (as in Keras and ONNX; PyTorch counts them).
    - `ceil_mode`: whether a last window may reach over the end, so that no place is left out: l' is
      rounded up, unless the window would begin beyond the end. What lies over the end never
      counts.
    """

    places: ClassVar = 1
    tflite: ClassVar = ("AVERAGE_POOL_2D",)
    examples: ClassVar = (
        example("AvgPool1D(2)", "f32[3, 9]"),
        example("AvgPool1D(3, stride=2, padding=same)", "f32[2, 10]"),
        example("AvgPool1D(4, stride=3, padding=(1, 2), count_include_pad=true)", "f32[4, 7]"),
        example("AvgPool1D(3, stride=2, padding=1, ceil_mode=true)", "f32[2, 6]"),
    )


class AvgPool2D(_AvgPool):
    """The mean of each window over two axes: [c, h, w] becomes [c, h', w'].

    - `kernel`, `stride` (none: the kernel): 1 or more, or (height, width).
    - `padding`: `valid`, `same` (h' = ceil(h / stride), the surplus at the bottom and the right), a
      number, or (height, width), each a number or (before, after); less than the kernel.
    - `count_include_pad`: whether padded zeros count in the mean. They do not by default, so a
      constant stays constant at the edges (as in Keras and ONNX; PyTorch counts them).
    - `ceil_mode`: whether last windows may reach over the edge, so that no place is left out: h'
      and w' are rounded up, unless a window would begin beyond the edge. What lies over the edge
      never counts.
    """

    places: ClassVar = 2
    tflite: ClassVar = ("AVERAGE_POOL_2D",)
    examples: ClassVar = (
        example("AvgPool2D(2)", "f32[3, 9, 8]"),
        example("AvgPool2D(3, stride=2, padding=1)", "f32[4, 7, 10]"),
        example("AvgPool2D(3, stride=1, padding=1, count_include_pad=true)", "f32[2, 5, 6]"),
        example("AvgPool2D((2, 3), stride=(1, 2), padding=same)", "f32[2, 6, 8]"),
        example("AvgPool2D(3, stride=2, ceil_mode=true)", "f32[2, 8, 7]"),
        example(
            "AvgPool2D(3, stride=2, padding=1, count_include_pad=true, ceil_mode=true)",
            "f32[2, 6, 7]",
        ),
    )


class AvgPool3D(_AvgPool):
    """The mean of each window over three axes: [c, d, h, w] becomes [c, d', h', w'].

    - `kernel`, `stride` (none: the kernel): 1 or more, or (depth, height, width).
    - `padding`: `valid`, `same` (d' = ceil(d / stride), the surplus behind), a number, or (depth,
      height, width), each a number or (before, after); less than the kernel.
    - `count_include_pad`: whether padded zeros count in the mean. They do not by default, so a
      constant stays constant at the ends (as in Keras and ONNX; PyTorch counts them).
    - `ceil_mode`: whether last windows may reach over the end, so that no place is left out: d', h'
      and w' are rounded up, unless a window would begin beyond the end. What lies over the end
      never counts.
    """

    places: ClassVar = 3
    tflite: ClassVar = ("AVERAGE_POOL_2D", "RESHAPE")
    examples: ClassVar = (
        example("AvgPool3D(2)", "f32[3, 4, 5, 6]"),
        example("AvgPool3D(3, stride=2, padding=1)", "f32[2, 5, 4, 6]"),
        example("AvgPool3D((1, 2, 3), stride=(1, 2, 1), padding=same)", "f32[2, 3, 5, 4]"),
        example("AvgPool3D(3, stride=2, padding=1, count_include_pad=true)", "f32[2, 3, 4, 5]"),
        example("AvgPool3D(2, ceil_mode=true)", "f32[2, 3, 5, 4]"),
    )
