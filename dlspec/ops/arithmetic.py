"""Tensor arithmetic: what `+ - * / **` and unary `-` stand for.

Operands have equal ranks, or one is a scalar; on each axis their sizes are equal or 1. Nothing else
broadcasts, and no dtype is promoted in silence. The names are those of the operators' ops, which a
spec never writes, so they are lower case like functions.
"""

from collections.abc import Iterator
from typing import ClassVar

from dlspec.declared import Problem
from dlspec.expr import origin
from dlspec.ops.base import Op, example
from dlspec.ops.rules import floats, same_dtypes
from dlspec.tensor import Tensor


class Broadcasting(Op):
    """Works on pairs of elements."""

    inputs: ClassVar = (2, 2)
    does: ClassVar[str]
    """The verb of "these shapes do not ...": `add`."""

    def problems(self, *x: Tensor) -> Iterator[Problem]:
        a, b = x
        for t in x:
            if t.dtype in ("class", "bool"):
                hint = "one_hot or Embedding turns classes into numbers" if t.classes else ""
                hint = hint or f"cast(x, {'i32' if t.dtype == 'class' else 'f32'})"
                yield Problem(None, f"{t} is no number to {self.does}", hint)
                return
        yield from same_dtypes(f"`{self.kind()}`", x)
        if not _fit(a, b):
            yield Problem(None, f"these shapes do not {self.does}", _mended(a, b))

    def shape(self, *x: Tensor) -> Tensor:
        a, b = x
        if a.rank != b.rank:
            return a if b.rank == 0 else b
        sizes = (_greater(m, n) for m, n in zip(a.shape, b.shape, strict=True))
        return a.with_shape(*sizes, image=a.image or b.image)


def _fit(a: Tensor, b: Tensor) -> bool:
    if 0 in (a.rank, b.rank):
        return True
    return a.rank == b.rank and all(
        m == n or 1 in (m, n) for m, n in zip(a.shape, b.shape, strict=True)
    )


def _greater(m: int, n: int) -> int:
    """The size of a pair of axes; of two equal ones, one that knows its origin."""
    if m == n:
        return m if origin(m) is not None else n
    return n if m == 1 else m


def _mended(a: Tensor, b: Tensor) -> str:
    """What brings one operand to the other's shape."""
    if a.rank != b.rank:
        few = min(a, b, key=lambda t: t.rank)
        many = max(a, b, key=lambda t: t.rank)
        return f"give {few} the {many.rank} axes of {many}; nothing is broadcast but sizes of 1"
    if a.rank == 3 and (a.image or b.image):
        big, small = (a, b) if a.shape[1] >= b.shape[1] else (b, a)
        ratios = {-(-int(m) // int(n)) for m, n in zip(big.shape[1:], small.shape[1:], strict=True)}
        if len(ratios) == 1:
            stride = ratios.pop()
            strided = f", stride={stride}" if stride > 1 else ""
            return f"project the shortcut: x -> Conv2D({int(small.shape[0])}, 1{strided})"
    return "sizes must be equal, or 1"


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

    def problems(self, *x: Tensor) -> Iterator[Problem]:
        found = tuple(super().problems(*x))
        yield from found or floats("`divide`", *x)


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

    def problems(self, *x: Tensor) -> Iterator[Problem]:
        found = tuple(super().problems(*x))
        yield from found or floats("`power`", *x)


class negative(Op):
    """The negative of each element: `-a`."""

    onnx: ClassVar = ("Neg",)
    tflite: ClassVar = ("NEG",)
    examples: ClassVar = (example("negative", "f32[3, 4]"),)

    def problems(self, *x: Tensor) -> Iterator[Problem]:
        if x[0].dtype in ("class", "bool"):
            yield Problem(None, f"{x[0]} is no number to negate")
