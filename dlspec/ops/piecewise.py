"""Activations in pieces: lines and parabolas."""

from typing import ClassVar

from pydantic import model_validator

from dlspec.ops.base import example
from dlspec.ops.elementwise import Elementwise
from dlspec.ops.fields import NonNegative, Number


class RReLU(Elementwise):
    """A LeakyReLU whose slope each element draws anew in training; in evaluation it is the mean of
    the two bounds.

    What is drawn depends on the seed and the step alone.

    - `low`, `high`: the bounds of the slope. Xu et al. 2015.
    """

    snaked: ClassVar = "rrelu"
    positional: ClassVar = ("low", "high")
    onnx: ClassVar = ("LeakyRelu",)
    tflite: ClassVar = ("MUL", "GREATER", "SELECT")
    examples: ClassVar = (
        example("RReLU", "f32[3, 5]"),
        example("RReLU(0.1, 0.5)", "f32[4, 3, 2]"),
    )

    low: NonNegative = 1 / 8
    high: NonNegative = 1 / 3

    @property
    def draws(self) -> bool:
        return True

    @classmethod
    def has_object(cls) -> bool:
        return True

    @model_validator(mode="after")
    def _ordered(self) -> "RReLU":
        if self.low >= self.high:
            raise ValueError(f"RReLU needs low below high, got {self.low:g} and {self.high:g}")
        return self


class ReLU6(Elementwise):
    """A ReLU that ends at 6: y = min(max(x, 0), 6). Krizhevsky 2010; MobileNets use it, since a
    bounded range loses little in 8 bits."""

    snaked: ClassVar = "relu6"
    onnx: ClassVar = ("Clip",)
    tflite: ClassVar = ("RELU6",)
    examples: ClassVar = (example("ReLU6", "f32[3, 5]"),)


class HardSigmoid(Elementwise):
    """A Sigmoid of three lines: y = min(max(x + 3, 0), 6) / 6.

    Howard et al. 2019 (MobileNetV3). Keras before 3 had a slope of 0.2 in place of 1 / 6.
    """

    onnx: ClassVar = ("HardSigmoid",)
    tflite: ClassVar = ("ADD", "RELU6", "MUL")
    examples: ClassVar = (example("HardSigmoid", "f32[3, 5]"),)


class HardTanh(Elementwise):
    """A Tanh of three lines: y = min(max(x, low), high). Collobert 2004.

    - `low`, `high`: the least and the greatest value.
    """

    onnx: ClassVar = ("Clip",)
    tflite: ClassVar = ("MINIMUM", "MAXIMUM", "RELU_N1_TO_1")
    examples: ClassVar = (
        example("HardTanh", "f32[3, 5]"),
        example("HardTanh(low=-0.5, high=1.5)", "f32[7]"),
    )

    low: Number = -1.0
    high: Number = 1.0

    @model_validator(mode="after")
    def _ordered(self) -> "HardTanh":
        if self.low >= self.high:
            kind = self.kind()
            raise ValueError(f"{kind} needs low below high, got {self.low:g} and {self.high:g}")
        return self


class HardShrink(Elementwise):
    """Each element, but 0 where its size is no more than a threshold.

    - `threshold`: the greatest size that becomes 0. Donoho and Johnstone 1994.
    """

    positional: ClassVar = ("threshold",)
    onnx: ClassVar = ("Abs", "LessOrEqual", "Where")
    tflite: ClassVar = ("ABS", "GREATER", "SELECT_V2")
    examples: ClassVar = (
        example("HardShrink", "f32[3, 5]"),
        example("HardShrink(0.2)", "f32[7]"),
    )

    threshold: NonNegative = 0.5


class SoftShrink(Elementwise):
    """Each element moved towards 0 by a threshold, and 0 where it would cross it.

    - `threshold`: how far each is moved. Donoho and Johnstone 1994.
    """

    positional: ClassVar = ("threshold",)
    onnx: ClassVar = ("Abs", "Greater", "Sign", "Mul", "Sub", "Where")
    tflite: ClassVar = ("GREATER", "LESS", "SUB", "ADD", "SELECT", "SELECT_V2")
    examples: ClassVar = (
        example("SoftShrink", "f32[3, 5]"),
        example("SoftShrink(0.2)", "f32[7]"),
    )

    threshold: NonNegative = 0.5


class Threshold(Elementwise):
    """Each element that is above a threshold, and a value in place of the others.

    - `threshold`: what is no greater is replaced.
    - `value`: what takes its place.

    `Threshold(1, 0)` is the thresholded ReLU of Konda et al. 2015.
    """

    positional: ClassVar = ("threshold", "value")
    onnx: ClassVar = ("LessOrEqual", "Where")
    tflite: ClassVar = ("GREATER", "SELECT_V2")
    examples: ClassVar = (
        example("Threshold(1, 0)", "f32[3, 5]"),
        example("Threshold(-0.5, value=-1.5)", "f32[7]"),
    )

    threshold: Number
    value: Number


class SparsePlus(Elementwise):
    """A smooth ReLU that is 0 below -1 and x above 1: y = (x + 1)² / 4 between them.

    Its slope is SparseSigmoid. As in Keras and JAX.
    """

    onnx: ClassVar = ("Less", "Max", "Add", "Pow", "Div", "Where")
    tflite: ClassVar = ("LESS", "LESS_EQUAL", "ADD", "MUL", "SELECT", "SELECT_V2")
    examples: ClassVar = (example("SparsePlus", "f32[3, 5]"),)


class SparseSigmoid(Elementwise):
    """A Sigmoid of three lines, 0 below -1 and 1 above 1: y = min(max((x + 1) / 2, 0), 1).

    It is the first of the two numbers that Sparsemax makes of x and 0. Martins and Astudillo 2016.
    """

    onnx: ClassVar = ("Add", "Div", "Clip")
    tflite: ClassVar = ("ADD", "MUL", "LESS_EQUAL", "GREATER_EQUAL", "SELECT_V2")
    examples: ClassVar = (example("SparseSigmoid", "f32[3, 5]"),)
