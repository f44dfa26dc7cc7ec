"""Pooling over all places."""

from collections.abc import Iterator
from typing import ClassVar

from dlspec.declared import Problem
from dlspec.ops.base import example
from dlspec.ops.places import GlobalPool
from dlspec.ops.rules import some_places
from dlspec.tensor import Tensor


class _Greatest(GlobalPool):
    """The greatest value of each channel."""

    def problems(self, *x: Tensor) -> Iterator[Problem]:
        found = tuple(super().problems(*x))
        yield from found or some_places(self.kind(), x[0], range(1, self.places + 1))


class GlobalAvgPool1D(GlobalPool):
    """The mean of each channel over one axis: [c, l] becomes [c]. Lin et al. 2014.

    - `keepdims`: whether the axes stay, with one place each: [c, 1].
    """

    places: ClassVar = 1
    onnx: ClassVar = ("ReduceMean",)
    tflite: ClassVar = ("MEAN",)
    examples: ClassVar = (
        example("GlobalAvgPool1D", "f32[3, 7]"),
        example("GlobalAvgPool1D(keepdims=true)", "f32[3, 7]"),
    )


class GlobalAvgPool2D(GlobalPool):
    """The mean of each channel over two axes: [c, h, w] becomes [c]. Lin et al. 2014.

    - `keepdims`: whether the axes stay, with one place each: [c, 1, 1].
    """

    places: ClassVar = 2
    onnx: ClassVar = ("ReduceMean",)
    tflite: ClassVar = ("MEAN",)
    examples: ClassVar = (
        example("GlobalAvgPool2D", "f32[3, 7, 5]"),
        example("GlobalAvgPool2D(keepdims=true)", "f32[3, 7, 5]"),
    )


class GlobalAvgPool3D(GlobalPool):
    """The mean of each channel over three axes: [c, d, h, w] becomes [c]. Lin et al. 2014.

    - `keepdims`: whether the axes stay, with one place each: [c, 1, 1, 1].
    """

    places: ClassVar = 3
    onnx: ClassVar = ("ReduceMean",)
    tflite: ClassVar = ("MEAN",)
    examples: ClassVar = (
        example("GlobalAvgPool3D", "f32[3, 4, 2, 5]"),
        example("GlobalAvgPool3D(keepdims=true)", "f32[3, 4, 2, 5]"),
    )


class GlobalMaxPool1D(_Greatest):
    """The greatest value of each channel over one axis: [c, l] becomes [c].

    - `keepdims`: whether the axes stay, with one place each: [c, 1].
    """

    places: ClassVar = 1
    onnx: ClassVar = ("ReduceMax",)
    tflite: ClassVar = ("REDUCE_MAX",)
    examples: ClassVar = (
        example("GlobalMaxPool1D", "f32[3, 7]"),
        example("GlobalMaxPool1D(keepdims=true)", "f32[3, 7]"),
    )


class GlobalMaxPool2D(_Greatest):
    """The greatest value of each channel over two axes: [c, h, w] becomes [c].

    - `keepdims`: whether the axes stay, with one place each: [c, 1, 1].
    """

    places: ClassVar = 2
    onnx: ClassVar = ("ReduceMax",)
    tflite: ClassVar = ("REDUCE_MAX",)
    examples: ClassVar = (
        example("GlobalMaxPool2D", "f32[3, 7, 5]"),
        example("GlobalMaxPool2D(keepdims=true)", "f32[3, 7, 5]"),
    )


class GlobalMaxPool3D(_Greatest):
    """The greatest value of each channel over three axes: [c, d, h, w] becomes [c].

    - `keepdims`: whether the axes stay, with one place each: [c, 1, 1, 1].
    """

    places: ClassVar = 3
    onnx: ClassVar = ("ReduceMax",)
    tflite: ClassVar = ("REDUCE_MAX",)
    examples: ClassVar = (
        example("GlobalMaxPool3D", "f32[3, 4, 2, 5]"),
        example("GlobalMaxPool3D(keepdims=true)", "f32[3, 4, 2, 5]"),
    )
