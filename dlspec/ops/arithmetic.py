"""Tensor arithmetic: what `+ - * / // % **` and unary `-` stand for.

The names are those of the operators' ops, which a spec never writes, so they are lower case like
functions.
"""

from collections.abc import Iterator
from typing import ClassVar

from dlspec.declared import Problem
from dlspec.ops.base import Op, example
from dlspec.ops.broadcasting import Broadcasting
from dlspec.ops.rules import floats
from dlspec.tensor import Tensor


class add(Broadcasting):
    """The sum of two tensors: `a + b`."""

    does: ClassVar = "add"
    onnx: ClassVar = ("Add",)
    tflite: ClassVar = ("ADD",)
    examples: ClassVar = (
        example("add", "f32[3, 4]", "f32[3, 4]"),
        example("add", "f32[3, 1, 5]", "f32[3, 4, 1]"),
        example("add", "f32[3, 4]", "f32[]"),
    )


class subtract(Broadcasting):
    """The difference of two tensors: `a - b`."""

    does: ClassVar = "subtract"
    onnx: ClassVar = ("Sub",)
    tflite: ClassVar = ("SUB",)
    examples: ClassVar = (example("subtract", "f32[3, 4]", "f32[1, 4]"),)


class multiply(Broadcasting):
    """The product of two tensors, element by element: `a * b`."""

    does: ClassVar = "multiply"
    onnx: ClassVar = ("Mul",)
    tflite: ClassVar = ("MUL",)
    examples: ClassVar = (
        example("multiply", "f32[3, 4, 5]", "f32[3, 1, 1]"),
        example("multiply", "f32[]", "f32[6]"),
    )


class divide(Broadcasting):
    """The quotient of two tensors: `a / b`, of floating-point numbers."""

    does: ClassVar = "divide"
    onnx: ClassVar = ("Div",)
    tflite: ClassVar = ("DIV",)
    examples: ClassVar = (example("divide", "f32[3, 4]", "f32[3, 1]"),)

    def fitting(self, *x: Tensor) -> Iterator[Problem]:
        found = tuple(super().fitting(*x))
        yield from found or floats("`divide`", *x)


class floor_divide(Broadcasting):
    """The greatest whole number that is not above the quotient: `a // b`, also of integers.

    Of an integer by 0 nothing is said.
    """

    does: ClassVar = "divide"
    onnx: ClassVar = ("Div", "Floor", "Mod", "Sub")
    tflite: ClassVar = ("FLOOR_DIV",)
    examples: ClassVar = (
        example("floor_divide", "f32[3, 4]", "f32[3, 1]"),
        example("floor_divide", "i32[3, 4]", "i32[]"),
    )


class remainder(Broadcasting):
    """What `a // b` leaves: `a % b`, also of integers. It has the sign of b, as in Python."""

    does: ClassVar = "divide"
    onnx: ClassVar = ("Mod",)
    tflite: ClassVar = ("FLOOR_MOD",)
    examples: ClassVar = (
        example("remainder", "f32[3, 4]", "f32[3, 1]"),
        example("remainder", "i32[3, 4]", "i32[]"),
    )


class power(Broadcasting):
    """The first tensor to the power of the second: `a ** b`, of floating-point numbers.

    A negative number to a power that is not whole has no value (NaN).
    """

    does: ClassVar = "raise to a power"
    onnx: ClassVar = ("Pow",)
    tflite: ClassVar = ("POW",)
    examples: ClassVar = (
        example("power", "f32[3, 4]", "f32[]"),
        example("power", "f32[]", "f32[3, 4]"),
    )

    def fitting(self, *x: Tensor) -> Iterator[Problem]:
        found = tuple(super().fitting(*x))
        yield from found or floats("`power`", *x)


class negative(Op):
    """The negative of each element: `-a`."""

    onnx: ClassVar = ("Neg",)
    tflite: ClassVar = ("NEG",)
    examples: ClassVar = (example("negative", "f32[3, 4]"),)

    def problems(self, *x: Tensor) -> Iterator[Problem]:
        if x[0].dtype in ("class", "bool"):
            yield Problem(None, f"{x[0]} is no number to negate")
