"""Activations that most networks use."""

from collections.abc import Iterator, Mapping
from typing import ClassVar, Literal

from dlspec.declared import Problem
from dlspec.ops.base import Op, Weight, example
from dlspec.ops.elementwise import Elementwise
from dlspec.ops.fields import Axis, Number
from dlspec.ops.init import Initial, constant
from dlspec.ops.rules import channel_axis_is_meant
from dlspec.tensor import Tensor


class ReLU(Elementwise):
    """The positive part of each element: y = max(x, 0). Nair and Hinton 2010.

    What Keras's ReLU may be told is a layer each: `max_value=m` is HardTanh(low=0, high=m), or
    ReLU6; `negative_slope` is LeakyReLU, and with a greatest value min(leaky_relu(x), m);
    `threshold=t` is Threshold(t, 0).
    """

    snaked: ClassVar = "relu"
    onnx: ClassVar = ("Relu",)
    tflite: ClassVar = ("RELU",)
    examples: ClassVar = (example("ReLU", "f32[3, 5]"),)


class LeakyReLU(Elementwise):
    """A ReLU that lets a part of the negative through: y = x if x > 0 else slope · x.

    - `slope`: of the negative side. PyTorch's 0.01; Keras has 0.3. Maas et al. 2013.
    """

    snaked: ClassVar = "leaky_relu"
    positional: ClassVar = ("slope",)
    onnx: ClassVar = ("LeakyRelu",)
    tflite: ClassVar = ("LEAKY_RELU",)
    examples: ClassVar = (example("LeakyReLU", "f32[3, 5]"), example("LeakyReLU(0.2)", "f32[7]"))

    slope: Number = 0.01


class PReLU(Elementwise):
    """A ReLU whose negative slope is learned for each channel: y = x if x > 0 else weight[c] · x.

    The shape stays. Channels are the first axis; two axes that do not come from a 1-D convolution
    must say which.

    - `axis`: the axis of the channels.
    - `init`: how the slopes start, at 0.25 by default.

    Weights: `weight` [c]. He et al. 2015.
    """

    snaked: ClassVar = "prelu"
    onnx: ClassVar = ("PRelu",)
    tflite: ClassVar = ("PRELU",)
    examples: ClassVar = (
        example("PReLU", "f32[5]"),
        example("PReLU", "f32[3, 4, 5]"),
        example("PReLU(axis=1, init=constant(0.1))", "f32[4, 6]"),
    )

    axis: Axis | None = None
    init: Initial = constant(value=0.25)

    @classmethod
    def has_object(cls) -> bool:
        return True

    @classmethod
    def has_weights(cls) -> bool:
        return True

    @property
    def sizes(self) -> Mapping[str, int]:
        return {"in_channels": 0 if self.axis is None else self.axis}

    def problems(self, *x: Tensor) -> Iterator[Problem]:
        yield from super().problems(*x)
        yield from channel_axis_is_meant("PReLU", self.axis, x[0])

    def weights(self, *x: Tensor) -> tuple[Weight, ...]:
        return (Weight("weight", (x[0].shape[self.sizes["in_channels"]],), self.init),)


class Sigmoid(Elementwise):
    """The logistic function of each element: y = 1 / (1 + exp(-x)), between 0 and 1."""

    onnx: ClassVar = ("Sigmoid",)
    tflite: ClassVar = ("LOGISTIC",)
    examples: ClassVar = (example("Sigmoid", "f32[3, 5]"),)


class Tanh(Elementwise):
    """The hyperbolic tangent of each element, between -1 and 1."""

    onnx: ClassVar = ("Tanh",)
    tflite: ClassVar = ("TANH",)
    examples: ClassVar = (example("Tanh", "f32[3, 5]"),)


class GELU(Elementwise):
    """Each element times the normal distribution's probability of less: y = x · Φ(x).

    - `approximate`: `none` computes Φ exactly, by erf; `tanh` as 0.5 · (1 + tanh(sqrt(2 / π) ·
      (x + 0.044715 · x³))), as GPT-2 does. Hendrycks and Gimpel 2016.
    """

    onnx: ClassVar = ("Gelu",)
    tflite: ClassVar = ("GELU",)
    examples: ClassVar = (
        example("GELU", "f32[3, 5]"),
        example("GELU(approximate=tanh)", "f32[7]"),
        example("GELU(approximate=none)", "f32[7]"),
    )

    approximate: Literal["tanh"] | None = None


class SiLU(Elementwise):
    """Each element times its sigmoid: y = x / (1 + exp(-x)). Elfwing et al. 2018; also Swish."""

    snaked: ClassVar = "silu"
    onnx: ClassVar = ("Sigmoid", "Mul")
    tflite: ClassVar = ("LOGISTIC", "MUL")
    examples: ClassVar = (example("SiLU", "f32[3, 5]"),)


class HardSwish(Elementwise):
    """A piecewise SiLU for small devices: y = x · min(max(x + 3, 0), 6) / 6.

    Howard et al. 2019 (MobileNetV3).
    """

    onnx: ClassVar = ("HardSwish",)
    tflite: ClassVar = ("HARD_SWISH",)
    examples: ClassVar = (example("HardSwish", "f32[3, 5]"),)


class Identity(Op):
    """Gives back what it gets, of any type: `act=Identity` where a block wants an activation."""

    examples: ClassVar = (example("Identity", "f32[3, 5]"),)
