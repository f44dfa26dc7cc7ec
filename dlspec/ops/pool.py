"""Pooling, by windows and over all places."""

from collections.abc import Iterator
from typing import ClassVar

from dlspec.declared import Problem
from dlspec.ops.base import Op, example
from dlspec.ops.fields import Flag, PerAxis
from dlspec.ops.rules import floats
from dlspec.ops.window import Windowed
from dlspec.tensor import Tensor


class _Pool(Windowed):
    """A window over each channel, without weights."""

    positional: ClassVar = ("kernel",)

    stride: PerAxis | None = None

    def problems(self, *x: Tensor) -> Iterator[Problem]:
        found = tuple(super().problems(*x))
        yield from found
        if found:
            return
        for kernel, (before, after) in zip(self.kernels, self.pads(x[0]), strict=True):
            if max(before, after) >= kernel:
                what = f"padding of {max(before, after)} leaves windows of {int(kernel)} empty"
                yield Problem("padding", what, f"at most {int(kernel) - 1} at each end")
                return

    def shape(self, *x: Tensor) -> Tensor:
        return x[0].with_shape(x[0].shape[0], *self.slid(x[0]), image=True)


class MaxPool1D(_Pool):
    """The greatest value of each window over one axis: [c, l] becomes [c, l'].

    - `kernel`, `stride` (none: the kernel): 1 or more.
    - `padding`: `valid`, `same` (l' = ceil(l / stride), the surplus at the end), a number for both
      ends, or (before, after); less than the kernel. What is padded never wins: it counts as -∞.
    """

    places: ClassVar = 1
    onnx: ClassVar = ("MaxPool",)
    tflite: ClassVar = ("MAX_POOL_2D",)
    examples: ClassVar = (
        example("MaxPool1D(2)", "f32[3, 9]"),
        example("MaxPool1D(3, stride=2, padding=same)", "f32[2, 10]"),
        example("MaxPool1D(3, stride=1, padding=(0, 2))", "f32[4, 7]"),
        example("MaxPool1D(4, padding=(2, 1))", "f32[2, 1]"),
    )


class MaxPool2D(_Pool):
    """The greatest value of each window over two axes: [c, h, w] becomes [c, h', w'].

    - `kernel`, `stride` (none: the kernel): 1 or more, or (height, width).
    - `padding`: `valid`, `same` (h' = ceil(h / stride), the surplus at the bottom and the right), a
      number, or (height, width), each a number or (before, after); less than the kernel. What is
      padded never wins: it counts as -∞.
    """

    places: ClassVar = 2
    onnx: ClassVar = ("MaxPool",)
    tflite: ClassVar = ("MAX_POOL_2D",)
    examples: ClassVar = (
        example("MaxPool2D(2)", "f32[3, 9, 8]"),
        example("MaxPool2D(3, stride=2, padding=1)", "f32[4, 7, 10]"),
        example("MaxPool2D((2, 3), stride=(1, 2), padding=same)", "f32[2, 6, 8]"),
    )


class _AvgPool(_Pool):
    """The mean of a window, with or without what is padded."""

    count_include_pad: Flag = False


class AvgPool1D(_AvgPool):
    """The mean of each window over one axis: [c, l] becomes [c, l'].

    - `kernel`, `stride` (none: the kernel): 1 or more.
    - `padding`: `valid`, `same` (l' = ceil(l / stride), the surplus at the end), a number for both
      ends, or (before, after); less than the kernel.
    - `count_include_pad`: whether padded zeros count in the mean. They do not by default, so a
      constant stays constant at the ends (as in Keras and ONNX; PyTorch counts them).
    """

    places: ClassVar = 1
    onnx: ClassVar = ("AveragePool",)
    tflite: ClassVar = ("AVERAGE_POOL_2D",)
    examples: ClassVar = (
        example("AvgPool1D(2)", "f32[3, 9]"),
        example("AvgPool1D(3, stride=2, padding=same)", "f32[2, 10]"),
        example("AvgPool1D(4, stride=3, padding=(1, 2), count_include_pad=true)", "f32[4, 7]"),
    )


class AvgPool2D(_AvgPool):
    """The mean of each window over two axes: [c, h, w] becomes [c, h', w'].

    - `kernel`, `stride` (none: the kernel): 1 or more, or (height, width).
    - `padding`: `valid`, `same` (h' = ceil(h / stride), the surplus at the bottom and the right), a
      number, or (height, width), each a number or (before, after); less than the kernel.
    - `count_include_pad`: whether padded zeros count in the mean. They do not by default, so a
      constant stays constant at the edges (as in Keras and ONNX; PyTorch counts them).
    """

    places: ClassVar = 2
    onnx: ClassVar = ("AveragePool",)
    tflite: ClassVar = ("AVERAGE_POOL_2D",)
    examples: ClassVar = (
        example("AvgPool2D(2)", "f32[3, 9, 8]"),
        example("AvgPool2D(3, stride=2, padding=1)", "f32[4, 7, 10]"),
        example("AvgPool2D(3, stride=1, padding=1, count_include_pad=true)", "f32[2, 5, 6]"),
        example("AvgPool2D((2, 3), stride=(1, 2), padding=same)", "f32[2, 6, 8]"),
    )


class _Global(Op):
    """One number for each channel."""

    places: ClassVar[int]

    def problems(self, *x: Tensor) -> Iterator[Problem]:
        yield from floats(self.kind(), x[0])
        if x[0].rank != self.places + 1:
            layout = {1: "[channels, length]", 2: "[channels, height, width]"}[self.places]
            hint = ""
            if x[0].rank in (2, 3):
                hint = self.kind().replace(f"{self.places}D", f"{x[0].rank - 1}D")
            yield Problem(None, f"{self.kind()} needs {layout}, got {x[0]}", hint)

    def shape(self, *x: Tensor) -> Tensor:
        return x[0].with_shape(x[0].shape[0])


class GlobalAvgPool1D(_Global):
    """The mean of each channel over one axis: [c, l] becomes [c]. Lin et al. 2014."""

    places: ClassVar = 1
    onnx: ClassVar = ("ReduceMean",)
    tflite: ClassVar = ("MEAN",)
    examples: ClassVar = (example("GlobalAvgPool1D", "f32[3, 7]"),)


class GlobalAvgPool2D(_Global):
    """The mean of each channel over two axes: [c, h, w] becomes [c]. Lin et al. 2014."""

    places: ClassVar = 2
    onnx: ClassVar = ("ReduceMean",)
    tflite: ClassVar = ("MEAN",)
    examples: ClassVar = (example("GlobalAvgPool2D", "f32[3, 7, 5]"),)


class GlobalMaxPool1D(_Global):
    """The greatest value of each channel over one axis: [c, l] becomes [c]."""

    places: ClassVar = 1
    onnx: ClassVar = ("ReduceMax",)
    tflite: ClassVar = ("REDUCE_MAX",)
    examples: ClassVar = (example("GlobalMaxPool1D", "f32[3, 7]"),)


class GlobalMaxPool2D(_Global):
    """The greatest value of each channel over two axes: [c, h, w] becomes [c]."""

    places: ClassVar = 2
    onnx: ClassVar = ("ReduceMax",)
    tflite: ClassVar = ("REDUCE_MAX",)
    examples: ClassVar = (example("GlobalMaxPool2D", "f32[3, 7, 5]"),)
