"""Elementary functions, of each element.

The classes bear the names of the language, so that within this module `abs` and `round` are these
and not Python's.
"""

from collections.abc import Iterator
from typing import ClassVar

from dlspec.declared import Problem
from dlspec.ops.base import Refusal, example
from dlspec.ops.broadcasting import Broadcasting
from dlspec.ops.elementwise import Elementwise
from dlspec.ops.rules import floats, numbers
from dlspec.tensor import Tensor


class exp(Elementwise):
    """e to the power of each element."""

    onnx: ClassVar = ("Exp",)
    tflite: ClassVar = ("EXP",)
    examples: ClassVar = (example("exp", "f32[3, 5]"),)


class expm1(Elementwise):
    """exp(x) - 1 of each element, which keeps its digits where x is close to 0."""

    onnx: ClassVar = ("Exp", "Sub")
    tflite: ClassVar = ("EXP", "SUB")
    examples: ClassVar = (example("expm1", "f32[3, 5]"),)


class log(Elementwise):
    """The natural logarithm of each element; -∞ of 0, NaN of what is negative."""

    onnx: ClassVar = ("Log",)
    tflite: ClassVar = ("LOG",)
    examples: ClassVar = (example("log", "f32[3, 5]"),)


class log1p(Elementwise):
    """log(1 + x) of each element, which keeps its digits where x is close to 0."""

    onnx: ClassVar = ("Add", "Log")
    tflite: ClassVar = ("ADD", "LOG")
    examples: ClassVar = (example("log1p", "f32[3, 5]"),)


class log2(Elementwise):
    """The logarithm of each element to the base 2; -∞ of 0, NaN of what is negative."""

    onnx: ClassVar = ("Log", "Div")
    tflite: ClassVar = ("LOG", "MUL")
    examples: ClassVar = (example("log2", "f32[3, 5]"),)


class log10(Elementwise):
    """The logarithm of each element to the base 10; -∞ of 0, NaN of what is negative."""

    onnx: ClassVar = ("Log", "Div")
    tflite: ClassVar = ("LOG", "MUL")
    examples: ClassVar = (example("log10", "f32[3, 5]"),)


class sqrt(Elementwise):
    """The square root of each element; NaN of what is negative."""

    onnx: ClassVar = ("Sqrt",)
    tflite: ClassVar = ("SQRT",)
    examples: ClassVar = (example("sqrt", "f32[3, 5]"),)


class rsqrt(Elementwise):
    """1 by the square root of each element; ∞ of 0, NaN of what is negative."""

    onnx: ClassVar = ("Sqrt", "Reciprocal")
    tflite: ClassVar = ("RSQRT",)
    examples: ClassVar = (example("rsqrt", "f32[3, 5]"),)


class sin(Elementwise):
    """The sine of each element, in radians."""

    onnx: ClassVar = ("Sin",)
    tflite: ClassVar = ("SIN",)
    examples: ClassVar = (example("sin", "f32[3, 5]"),)


class cos(Elementwise):
    """The cosine of each element, in radians."""

    onnx: ClassVar = ("Cos",)
    tflite: ClassVar = ("COS",)
    examples: ClassVar = (example("cos", "f32[3, 5]"),)


class tan(Elementwise):
    """The tangent of each element, in radians."""

    onnx: ClassVar = ("Tan",)
    tflite: ClassVar = ("SIN", "COS", "DIV")
    examples: ClassVar = (example("tan", "f32[3, 5]"),)


class asin(Elementwise):
    """The angle whose sine each element is, between -π/2 and π/2; NaN beyond 1."""

    onnx: ClassVar = ("Asin",)
    tflite: ClassVar = ("MUL", "SQRT", "ATAN2")
    examples: ClassVar = (example("asin", "f32[3, 5]"),)


class acos(Elementwise):
    """The angle whose cosine each element is, between 0 and π; NaN beyond 1."""

    onnx: ClassVar = ("Acos",)
    tflite: ClassVar = ("MUL", "SQRT", "ATAN2")
    examples: ClassVar = (example("acos", "f32[3, 5]"),)


class atan(Elementwise):
    """The angle whose tangent each element is, between -π/2 and π/2."""

    onnx: ClassVar = ("Atan",)
    tflite: ClassVar = ("ATAN2",)
    examples: ClassVar = (example("atan", "f32[3, 5]"),)


class atan2(Broadcasting):
    """The angle of the point (x, y) for each pair of atan2(y, x): between -π and π, 0 on the
    positive side of x."""

    literals: ClassVar = ()
    does: ClassVar = "pair"
    onnx: ClassVar = ("Div", "Atan", "Greater", "Less", "Where")
    tflite: ClassVar = ("ATAN2",)
    examples: ClassVar = (
        example("atan2", "f32[3, 5]", "f32[3, 5]"),
        example("atan2", "f32[3, 1]", "f32[3, 5]"),
    )

    def fitting(self, *x: Tensor) -> Iterator[Problem]:
        found = tuple(super().fitting(*x))
        yield from found or floats("atan2", *x)


class sinh(Elementwise):
    """The hyperbolic sine of each element: (exp(x) - exp(-x)) / 2."""

    onnx: ClassVar = ("Sinh",)
    tflite: ClassVar = ("EXP", "SUB", "MUL")
    examples: ClassVar = (example("sinh", "f32[3, 5]"),)


class cosh(Elementwise):
    """The hyperbolic cosine of each element: (exp(x) + exp(-x)) / 2."""

    onnx: ClassVar = ("Cosh",)
    tflite: ClassVar = ("EXP", "ADD", "MUL")
    examples: ClassVar = (example("cosh", "f32[3, 5]"),)


class asinh(Elementwise):
    """The number whose hyperbolic sine each element is."""

    onnx: ClassVar = ("Asinh",)
    refusals: ClassVar = (
        Refusal(
            "tflite",
            "any input",
            "LiteRT has no inverse of the hyperbolic sine",
            lambda op, x: True,
        ),
    )
    examples: ClassVar = (example("asinh", "f32[3, 5]"),)


class acosh(Elementwise):
    """The number, 0 or more, whose hyperbolic cosine each element is; NaN below 1."""

    onnx: ClassVar = ("Acosh",)
    refusals: ClassVar = (
        Refusal(
            "tflite",
            "any input",
            "LiteRT has no inverse of the hyperbolic cosine",
            lambda op, x: True,
        ),
    )
    examples: ClassVar = (example("acosh", "f32[3, 5]"),)


class atanh(Elementwise):
    """The number whose hyperbolic tangent each element is; NaN beyond 1."""

    onnx: ClassVar = ("Atanh",)
    tflite: ClassVar = ("LOG", "SUB", "MUL")
    examples: ClassVar = (example("atanh", "f32[3, 5]"),)


class erf(Elementwise):
    """The error function of each element: 2/√π ∫ exp(-t²) dt from 0 to x."""

    onnx: ClassVar = ("Erf",)
    refusals: ClassVar = (
        Refusal(
            "tflite",
            "any input",
            "LiteRT has no error function",
            lambda op, x: True,
            "gelu(x) is x · (1 + erf(x / √2)) / 2, and has an operator of its own",
        ),
    )
    examples: ClassVar = (example("erf", "f32[3, 5]"),)


class floor(Elementwise):
    """The greatest whole number that is not above each element; cast(floor(x), i32) is an
    integer."""

    onnx: ClassVar = ("Floor",)
    tflite: ClassVar = ("FLOOR",)
    examples: ClassVar = (example("floor", "f32[3, 5]"),)


class ceil(Elementwise):
    """The least whole number that is not below each element."""

    onnx: ClassVar = ("Ceil",)
    tflite: ClassVar = ("CEIL",)
    examples: ClassVar = (example("ceil", "f32[3, 5]"),)


class round(Elementwise):
    """The whole number that is closest to each element; of two, the even one."""

    onnx: ClassVar = ("Round",)
    tflite: ClassVar = ("ROUND",)
    examples: ClassVar = (example("round", "f32[3, 5]"),)


class sign(Elementwise):
    """1 for each positive element, -1 for each negative one, 0 for 0; also of integers."""

    onnx: ClassVar = ("Sign",)
    tflite: ClassVar = ("SIGN",)
    examples: ClassVar = (example("sign", "f32[3, 5]"), example("sign", "i32[3, 5]"))

    def fitting(self, x: Tensor) -> Iterator[Problem]:
        yield from numbers("sign", x)


class abs(Elementwise):
    """Each element without its sign; also of integers."""

    onnx: ClassVar = ("Abs",)
    tflite: ClassVar = ("ABS",)
    examples: ClassVar = (example("abs", "f32[3, 5]"), example("abs", "i32[3, 5]"))

    def fitting(self, x: Tensor) -> Iterator[Problem]:
        yield from numbers("abs", x)
