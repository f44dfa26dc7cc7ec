"""Pooling by windows."""

from collections.abc import Iterator
from dataclasses import replace
from math import prod
from typing import ClassVar

from dlspec.declared import Problem
from dlspec.ops.base import example
from dlspec.ops.fields import Count, Flag, PerAxis
from dlspec.ops.pooling import Parts, Pool
from dlspec.ops.rules import fixed_sizes
from dlspec.tensor import Tensor


class _MaxPool(Pool):
    """The greatest value of a window, whose places may lie apart."""

    onnx: ClassVar = ("MaxPool",)

    dilation: PerAxis = 1
    return_: Parts = "values"

    @property
    def returns(self) -> tuple[str, ...]:
        """What it gives, in order: of `values` and `places`."""
        return self.return_ if isinstance(self.return_, tuple) else (self.return_,)

    def misfits(self, x: Tensor) -> Iterator[Problem]:
        found = tuple(super().misfits(x))
        yield from found
        if not found and "places" in self.returns:
            yield from fixed_sizes(self.kind(), x)

    def shape(self, *x: Tensor) -> Tensor | tuple[Tensor, ...]:
        values = x[0].with_shape(x[0].shape[0], *self.slid(x[0]), image=True)
        kinds = {"values": values, "places": replace(values, dtype="i32")}
        given = tuple(kinds[r] for r in self.returns)
        return given[0] if len(given) == 1 else given


class MaxPool1D(_MaxPool):
    """The greatest value of each window over one axis: [c, l] becomes [c, l'].

    - `kernel`, `stride` (none: the kernel): 1 or more.
    - `padding`: `valid`, `same` (l' = ceil(l / stride), the surplus at the end), a number for both
      ends, or (before, after); less than the window. What is padded never wins: it counts as -∞.
    - `dilation`: how far the places of a window lie apart; 1 or more.
    - `ceil_mode`: whether a last window may reach over the end, so that no place is left out: l' is
      rounded up, unless the window would begin beyond the end. What lies over the end never
      counts.
    - `return`: `values` (the greatest ones), `places` (where they stand in the input, from 0, of
      i32; of several the first), or (values, places): two outputs, for MaxUnpool1D.
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
        example("MaxPool1D(3, stride=2, padding=same, return=(values, places))", "f32[2, 8]"),
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
    - `return`: `values` (the greatest ones), `places` (where they stand in the input, row · w +
      column, of i32; of several the first), or (values, places): two outputs, for MaxUnpool2D.
    """

    places: ClassVar = 2
    tflite: ClassVar = ("MAX_POOL_2D",)
    examples: ClassVar = (
        example("MaxPool2D(2)", "f32[3, 9, 8]"),
        example("MaxPool2D(3, stride=2, padding=1)", "f32[4, 7, 10]"),
        example("MaxPool2D((2, 3), stride=(1, 2), padding=same)", "f32[2, 6, 8]"),
        example("MaxPool2D(2, stride=1, dilation=(2, 3), padding=1)", "f32[2, 6, 5]"),
        example("MaxPool2D(3, stride=2, ceil_mode=true)", "f32[2, 8, 7]"),
        example("MaxPool2D(2, return=(values, places))", "f32[3, 4, 7]"),
        example("MaxPool2D(3, stride=2, padding=((0, 1), 1), return=places)", "f32[2, 5, 6]"),
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
    - `return`: `values` (the greatest ones), `places` (where they stand in the input, (plane · h +
      row) · w + column, of i32; of several the first), or (values, places): two outputs, for
      MaxUnpool3D.
    """

    places: ClassVar = 3
    tflite: ClassVar = ("MAX_POOL_2D", "RESHAPE")
    examples: ClassVar = (
        example("MaxPool3D(2)", "f32[3, 4, 5, 6]"),
        example("MaxPool3D(3, stride=2, padding=1)", "f32[2, 5, 4, 6]"),
        example("MaxPool3D((1, 2, 3), stride=(1, 2, 1), padding=same)", "f32[2, 3, 5, 4]"),
        example("MaxPool3D(2, stride=1, dilation=2)", "f32[2, 4, 3, 5]"),
        example("MaxPool3D(2, ceil_mode=true)", "f32[2, 3, 5, 4]"),
        example("MaxPool3D(2, return=(places, values))", "f32[2, 4, 3, 5]"),
    )


class _AvgPool(Pool):
    """The mean of a window, with or without what is padded."""

    onnx: ClassVar = ("AveragePool", "Mul")

    count_include_pad: Flag = False
    divisor: Count | None = None

    def misfits(self, x: Tensor) -> Iterator[Problem]:
        found = tuple(super().misfits(x))
        yield from found
        if self.divisor is not None and self.count_include_pad and not found:
            what = "with a divisor, it makes no difference what counts in the mean"
            yield Problem("count_include_pad", what, "leave it out")

    @property
    def share(self) -> float:
        """What a mean over whole windows is multiplied with, for `divisor` to divide their sum."""
        return prod(map(int, self.kernels)) / int(self.divisor or prod(self.kernels))


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
    - `divisor`: what the sum of each window is divided by, in place of how many places count:
      `divisor=1` is a pooling by sums. PyTorch's `divisor_override`.
    """

    places: ClassVar = 1
    tflite: ClassVar = ("AVERAGE_POOL_2D", "MUL")
    examples: ClassVar = (
        example("AvgPool1D(2)", "f32[3, 9]"),
        example("AvgPool1D(3, stride=2, padding=same)", "f32[2, 10]"),
        example("AvgPool1D(4, stride=3, padding=(1, 2), count_include_pad=true)", "f32[4, 7]"),
        example("AvgPool1D(3, stride=2, padding=1, ceil_mode=true)", "f32[2, 6]"),
        example("AvgPool1D(3, stride=2, padding=(1, 0), divisor=2, ceil_mode=true)", "f32[2, 6]"),
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
    - `divisor`: what the sum of each window is divided by, in place of how many places count:
      `divisor=1` is a pooling by sums. PyTorch's `divisor_override`.
    """

    places: ClassVar = 2
    tflite: ClassVar = ("AVERAGE_POOL_2D", "MUL")
    examples: ClassVar = (
        example("AvgPool2D(2)", "f32[3, 9, 8]"),
        example("AvgPool2D(3, stride=2, padding=1)", "f32[4, 7, 10]"),
        example("AvgPool2D(3, stride=1, padding=1, count_include_pad=true)", "f32[2, 5, 6]"),
        example("AvgPool2D((2, 3), stride=(1, 2), padding=same)", "f32[2, 6, 8]"),
        example("AvgPool2D(3, stride=2, ceil_mode=true)", "f32[2, 8, 7]"),
        example("AvgPool2D(2, divisor=1)", "f32[3, 9, 8]"),
        example("AvgPool2D(3, stride=2, padding=1, divisor=5)", "f32[2, 6, 7]"),
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
    - `divisor`: what the sum of each window is divided by, in place of how many places count:
      `divisor=1` is a pooling by sums. PyTorch's `divisor_override`.
    """

    places: ClassVar = 3
    tflite: ClassVar = ("AVERAGE_POOL_2D", "RESHAPE", "MUL")
    examples: ClassVar = (
        example("AvgPool3D(2)", "f32[3, 4, 5, 6]"),
        example("AvgPool3D(3, stride=2, padding=1)", "f32[2, 5, 4, 6]"),
        example("AvgPool3D((1, 2, 3), stride=(1, 2, 1), padding=same)", "f32[2, 3, 5, 4]"),
        example("AvgPool3D(3, stride=2, padding=1, count_include_pad=true)", "f32[2, 3, 4, 5]"),
        example("AvgPool3D(2, ceil_mode=true)", "f32[2, 3, 5, 4]"),
        example("AvgPool3D(2, padding=1, divisor=3)", "f32[2, 3, 4, 5]"),
    )
