"""Comparisons and logic: what `== != < <= > >= and or not` stand for between tensors.

They give true and false for each pair of elements, which `where`, `any`, `all`, `sum` and `mean`
take. The names are those of the operators' ops, which a spec never writes.
"""

from collections.abc import Iterator
from dataclasses import replace
from typing import ClassVar

from dlspec.declared import Problem
from dlspec.ops.base import Op, example
from dlspec.ops.broadcasting import Broadcasting, broadcast
from dlspec.ops.rules import same_dtypes, truths
from dlspec.tensor import Tensor

PLACES = frozenset({"class", "i32", "i64"})
"""What counts things, in widths that each framework compares."""


class _Comparison(Broadcasting):
    """Of numbers: true where it holds."""

    does: ClassVar = "compare"

    def shape(self, *x: Tensor) -> Tensor:
        return replace(broadcast(x[0], *x), dtype="bool", classes=None)


class _Equality(_Comparison):
    """Of numbers, of classes, and of true and false. A class is a whole number."""

    def fitting(self, *x: Tensor) -> Iterator[Problem]:
        if not all(t.dtype in PLACES for t in x):
            yield from same_dtypes(f"`{self.kind()}`", x)
        counts = {t.classes for t in x if t.classes is not None}
        if len(counts) > 1:
            yield Problem(None, f"{x[0]} and {x[1]} are classes of different kinds")


class equal(_Equality):
    """Whether two elements are equal: `a == b`."""

    onnx: ClassVar = ("Equal",)
    tflite: ClassVar = ("EQUAL",)
    examples: ClassVar = (
        example("equal", "i32[3, 4]", "i32[3, 4]"),
        example("equal", "bool[3, 4]", "bool[3, 1]"),
        example("equal", "class[3][4]", "class[3][4]"),
    )


class not_equal(_Equality):
    """Whether two elements differ: `a != b`."""

    onnx: ClassVar = ("Equal", "Not")
    tflite: ClassVar = ("NOT_EQUAL",)
    examples: ClassVar = (
        example("not_equal", "i32[3, 4]", "i32[1, 4]"),
        example("not_equal", "bool[4]", "bool[]"),
    )


class less(_Comparison):
    """Whether the first element is less: `a < b`."""

    onnx: ClassVar = ("Less",)
    tflite: ClassVar = ("LESS",)
    examples: ClassVar = (
        example("less", "f32[3, 4]", "f32[3, 4]"),
        example("less", "i32[3, 4]", "i32[]"),
    )


class less_equal(_Comparison):
    """Whether the first element is less or equal: `a <= b`."""

    onnx: ClassVar = ("LessOrEqual",)
    tflite: ClassVar = ("LESS_EQUAL",)
    examples: ClassVar = (example("less_equal", "i32[3, 4]", "i32[3, 1]"),)


class greater(_Comparison):
    """Whether the first element is greater: `a > b`."""

    onnx: ClassVar = ("Greater",)
    tflite: ClassVar = ("GREATER",)
    examples: ClassVar = (
        example("greater", "f32[3, 4]", "f32[1, 4]"),
        example("greater", "i32[]", "i32[4]"),
    )


class greater_equal(_Comparison):
    """Whether the first element is greater or equal: `a >= b`."""

    onnx: ClassVar = ("GreaterOrEqual",)
    tflite: ClassVar = ("GREATER_EQUAL",)
    examples: ClassVar = (example("greater_equal", "i32[3, 4]", "i32[3, 4]"),)


class _Logic(Broadcasting):
    """Of true and false."""

    literals: ClassVar = ()
    does: ClassVar = "combine"

    def fitting(self, *x: Tensor) -> Iterator[Problem]:
        yield from truths(f"`{self.kind().removeprefix('logical_')}`", *x)


class logical_and(_Logic):
    """Whether both are true: `a and b`."""

    onnx: ClassVar = ("And",)
    tflite: ClassVar = ("LOGICAL_AND",)
    examples: ClassVar = (
        example("logical_and", "bool[3, 4]", "bool[3, 4]"),
        example("logical_and", "bool[3, 4]", "bool[]"),
    )


class logical_or(_Logic):
    """Whether one or both are true: `a or b`."""

    onnx: ClassVar = ("Or",)
    tflite: ClassVar = ("LOGICAL_OR",)
    examples: ClassVar = (example("logical_or", "bool[3, 1]", "bool[1, 4]"),)


class logical_not(Op):
    """False for true and true for false: `not a`."""

    onnx: ClassVar = ("Not",)
    tflite: ClassVar = ("LOGICAL_NOT",)
    examples: ClassVar = (example("logical_not", "bool[3, 4]"),)

    def problems(self, *x: Tensor) -> Iterator[Problem]:
        yield from truths("`not`", x[0])
