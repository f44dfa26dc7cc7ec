"""Smooth activations."""

from typing import ClassVar

from dlspec.ops.base import example
from dlspec.ops.elementwise import Elementwise
from dlspec.ops.fields import Number, Positive


class ELU(Elementwise):
    """Each element where it is positive, else alpha · (exp(x) - 1). Clevert et al. 2016.

    - `alpha`: -alpha is what it tends to on the negative side.
    """

    snaked: ClassVar = "elu"
    positional: ClassVar = ("alpha",)
    onnx: ClassVar = ("Elu",)
    tflite: ClassVar = ("ELU", "MUL", "GREATER", "SELECT")
    examples: ClassVar = (example("ELU", "f32[3, 5]"), example("ELU(0.5)", "f32[4, 3, 2]"))

    alpha: Number = 1.0


class SELU(Elementwise):
    """An ELU whose constants carry mean 0 and variance 1 from layer to layer:
    y = 1.0507 · x if x > 0 else 1.0507 · 1.6733 · (exp(x) - 1).

    It does so where kernels start `lecun_normal`, and with AlphaDropout in place of Dropout.
    Klambauer et al. 2017, which gives the constants to 16 digits.
    """

    snaked: ClassVar = "selu"
    onnx: ClassVar = ("Selu",)
    tflite: ClassVar = ("EXP", "SUB", "MUL", "GREATER", "SELECT")
    examples: ClassVar = (example("SELU", "f32[3, 5]"),)


class CELU(Elementwise):
    """An ELU with a slope of 1 at 0, whatever alpha: y = max(x, 0) + min(0, alpha · (exp(x / alpha)
    - 1)). Barron 2017.

    - `alpha`: -alpha is what it tends to on the negative side.
    """

    snaked: ClassVar = "celu"
    positional: ClassVar = ("alpha",)
    onnx: ClassVar = ("Celu",)
    tflite: ClassVar = ("RELU", "MINIMUM", "MUL", "EXP", "SUB", "ADD")
    examples: ClassVar = (example("CELU", "f32[3, 5]"), example("CELU(0.5)", "f32[4, 3, 2]"))

    alpha: Positive = 1.0


class Softplus(Elementwise):
    """A smooth ReLU, above 0 everywhere: y = log(1 + exp(beta · x)) / beta. Dugas et al. 2001.

    - `beta`: the greater, the closer to ReLU.
    - `threshold`: where beta · x is above it, y is x. From PyTorch's 20 on, the two differ by no
      more than 2.1e-9 / beta.
    """

    positional: ClassVar = ("beta",)
    onnx: ClassVar = ("Softplus", "Greater", "Where")
    tflite: ClassVar = ("EXP", "ADD", "LOG", "GREATER", "SELECT")
    examples: ClassVar = (
        example("Softplus", "f32[3, 5]"),
        example("Softplus(2)", "f32[4, 3, 2]"),
        example("Softplus(beta=2, threshold=3)", "f32[3, 5]"),
    )

    beta: Positive = 1.0
    threshold: Number = 20.0


class Squareplus(Elementwise):
    """A smooth ReLU that needs neither exponent nor logarithm: y = (x + sqrt(x² + b)) / 2.

    - `b`: the greater, the wider its bend; 0 makes it a ReLU. Barron 2021.
    """

    positional: ClassVar = ("b",)
    onnx: ClassVar = ("Pow", "Add", "Sqrt", "Div")
    tflite: ClassVar = ("SQUARE", "ADD", "SQRT", "MUL")
    examples: ClassVar = (example("Squareplus", "f32[3, 5]"), example("Squareplus(1)", "f32[7]"))

    b: Positive = 4.0


class Softsign(Elementwise):
    """A Tanh with heavier tails, between -1 and 1: y = x / (1 + |x|). Bergstra et al. 2009."""

    onnx: ClassVar = ("Abs", "Add", "Div")
    tflite: ClassVar = ("ABS", "ADD", "DIV")
    examples: ClassVar = (example("Softsign", "f32[3, 5]"),)


class Mish(Elementwise):
    """Each element times the Tanh of its Softplus: y = x · tanh(log(1 + exp(x))). Misra 2019."""

    onnx: ClassVar = ("Mish",)
    tflite: ClassVar = ("EXP", "ADD", "LOG", "TANH", "MUL")
    examples: ClassVar = (example("Mish", "f32[3, 5]"),)


class LogSigmoid(Elementwise):
    """The logarithm of the Sigmoid, without its underflow: y = -log(1 + exp(-x))."""

    onnx: ClassVar = ("Neg", "Softplus", "Where")
    tflite: ClassVar = ("NEG", "EXP", "ADD", "LOG", "LESS", "SELECT")
    examples: ClassVar = (example("LogSigmoid", "f32[3, 5]"),)


class TanhShrink(Elementwise):
    """Each element without its Tanh: y = x - tanh(x), flat around 0."""

    onnx: ClassVar = ("Tanh", "Sub")
    tflite: ClassVar = ("TANH", "SUB")
    examples: ClassVar = (example("TanhShrink", "f32[3, 5]"),)
