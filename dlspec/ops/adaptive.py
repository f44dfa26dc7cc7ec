"""Pooling to a given size."""

from typing import ClassVar

from dlspec.ops.base import example
from dlspec.ops.places import Adaptive


class AdaptiveAvgPool1D(Adaptive):
    """The mean of each of `size` windows over one axis: [c, l] becomes [c, l'].

    Window i of s has the places from floor(i · n / s) up to ceil((i + 1) · n / s) of n: n / s each
    where s divides n; else neighbours share a place.

    - `size`: how many windows: a number.
    """

    places: ClassVar = 1
    onnx: ClassVar = ("AveragePool",)
    tflite: ClassVar = ("AVERAGE_POOL_2D",)
    examples: ClassVar = (
        example("AdaptiveAvgPool1D(4)", "f32[3, 8]"),
        example("AdaptiveAvgPool1D(3)", "f32[3, 7]"),
        example("AdaptiveAvgPool1D(5)", "f32[2, 3]"),
    )


class AdaptiveAvgPool2D(Adaptive):
    """The mean of each of `size` windows over two axes: [c, h, w] becomes [c, h', w'].

    Window i of s has the places from floor(i · n / s) up to ceil((i + 1) · n / s) of n: n / s each
    where s divides n; else neighbours share a place.

    - `size`: how many windows: a number for both axes, or (height, width).
    """

    places: ClassVar = 2
    onnx: ClassVar = ("AveragePool",)
    tflite: ClassVar = ("AVERAGE_POOL_2D",)
    examples: ClassVar = (
        example("AdaptiveAvgPool2D((3, 2))", "f32[3, 6, 8]"),
        example("AdaptiveAvgPool2D(3)", "f32[3, 7, 5]"),
        example("AdaptiveAvgPool2D((4, 3))", "f32[2, 3, 4]"),
    )


class AdaptiveAvgPool3D(Adaptive):
    """The mean of each of `size` windows over three axes: [c, d, h, w] becomes [c, d', h', w'].

    Window i of s has the places from floor(i · n / s) up to ceil((i + 1) · n / s) of n: n / s each
    where s divides n; else neighbours share a place.

    - `size`: how many windows: a number for all axes, or (depth, height, width).
    """

    places: ClassVar = 3
    onnx: ClassVar = ("AveragePool",)
    tflite: ClassVar = ("AVERAGE_POOL_2D", "RESHAPE")
    examples: ClassVar = (
        example("AdaptiveAvgPool3D((2, 3, 1))", "f32[2, 4, 6, 2]"),
        example("AdaptiveAvgPool3D(2)", "f32[2, 5, 3, 4]"),
        example("AdaptiveAvgPool3D((3, 2, 4))", "f32[2, 2, 3, 1]"),
    )


class AdaptiveMaxPool1D(Adaptive):
    """The greatest of each of `size` windows over one axis: [c, l] becomes [c, l'].

    Window i of s has the places from floor(i · n / s) up to ceil((i + 1) · n / s) of n: n / s each
    where s divides n; else neighbours share a place.

    - `size`: how many windows: a number.
    """

    places: ClassVar = 1
    onnx: ClassVar = ("MaxPool",)
    tflite: ClassVar = ("MAX_POOL_2D",)
    examples: ClassVar = (
        example("AdaptiveMaxPool1D(4)", "f32[3, 8]"),
        example("AdaptiveMaxPool1D(3)", "f32[3, 7]"),
        example("AdaptiveMaxPool1D(5)", "f32[2, 3]"),
    )


class AdaptiveMaxPool2D(Adaptive):
    """The greatest of each of `size` windows over two axes: [c, h, w] becomes [c, h', w'].

    Window i of s has the places from floor(i · n / s) up to ceil((i + 1) · n / s) of n: n / s each
    where s divides n; else neighbours share a place.

    - `size`: how many windows: a number for both axes, or (height, width).
    """

    places: ClassVar = 2
    onnx: ClassVar = ("MaxPool",)
    tflite: ClassVar = ("MAX_POOL_2D",)
    examples: ClassVar = (
        example("AdaptiveMaxPool2D((3, 2))", "f32[3, 6, 8]"),
        example("AdaptiveMaxPool2D(3)", "f32[3, 7, 5]"),
        example("AdaptiveMaxPool2D((4, 3))", "f32[2, 3, 4]"),
    )


class AdaptiveMaxPool3D(Adaptive):
    """The greatest of each of `size` windows over three axes: [c, d, h, w] becomes [c, d', h', w'].

    Window i of s has the places from floor(i · n / s) up to ceil((i + 1) · n / s) of n: n / s each
    where s divides n; else neighbours share a place.

    - `size`: how many windows: a number for all axes, or (depth, height, width).
    """

    places: ClassVar = 3
    onnx: ClassVar = ("MaxPool",)
    tflite: ClassVar = ("MAX_POOL_2D", "RESHAPE")
    examples: ClassVar = (
        example("AdaptiveMaxPool3D((2, 3, 1))", "f32[2, 4, 6, 2]"),
        example("AdaptiveMaxPool3D(2)", "f32[2, 5, 3, 4]"),
        example("AdaptiveMaxPool3D((3, 2, 4))", "f32[2, 2, 3, 1]"),
    )
