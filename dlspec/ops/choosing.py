"""Functions that choose, bound and convert elements."""

from collections.abc import Iterator
from dataclasses import replace
from typing import ClassVar, Literal

from dlspec.declared import Problem
from dlspec.ops.base import Op, example
from dlspec.ops.broadcasting import Broadcasting, broadcast
from dlspec.ops.elementwise import Elementwise
from dlspec.ops.fields import Axis, Count, Number
from dlspec.ops.rules import axis_between, numbers, same_dtypes
from dlspec.tensor import FLOATS, INTEGERS, Tensor

Converted = Literal["f16", "bf16", "f32", "f64", "i8", "i32", "i64", "bool"]


class where(Broadcasting):
    """Of two elements the first where a condition is true, else the second: where(x > 0, x, 0).

    The condition is true and false; the others are tensors of one dtype, or numbers. Shapes
    broadcast as in arithmetic.
    """

    inputs: ClassVar = (3, 3)
    literals: ClassVar = (1, 2)
    does: ClassVar = "combine"
    onnx: ClassVar = ("Where",)
    tflite: ClassVar = ("SELECT", "SELECT_V2")
    examples: ClassVar = (
        example("where", "bool[3, 4]", "f32[3, 4]", "f32[3, 4]"),
        example("where", "bool[3, 1]", "f32[1, 4]", "f32[]"),
        example("where", "bool[4]", "i32[4]", "i32[4]"),
    )

    def fitting(self, *x: Tensor) -> Iterator[Problem]:
        condition, a, b = x
        if condition.dtype != "bool":
            what = f"where needs true and false first, got {condition}"
            yield Problem(None, what, "compare first, such as where(x > 0, x, 0)")
        elif "bool" in (a.dtype, b.dtype):
            what = "where chooses between numbers, not between true and false"
            yield Problem(None, what, "(c and a) or (not c and b)")
        else:
            yield from same_dtypes("where", (a, b))
            if a.dtype == b.dtype and a.classes != b.classes:
                yield Problem(None, f"{a} and {b} are classes of different kinds")

    def shape(self, *x: Tensor) -> Tensor:
        return broadcast(x[1], *x)


class Clip(Elementwise):
    """Each element, but no less than one number and no more than another: min(max(x, low), high).

    The shape stays.

    - `low`, `high`: the least and the greatest value; whole numbers where x is of integers.
    """

    positional: ClassVar = ("low", "high")
    onnx: ClassVar = ("Clip",)
    tflite: ClassVar = ("MINIMUM", "MAXIMUM", "RELU_0_TO_1", "RELU6")
    examples: ClassVar = (
        example("Clip(-0.5, 1.5)", "f32[3, 5]"),
        example("Clip(low=1, high=4)", "i32[7]"),
    )

    low: Number
    high: Number

    def fitting(self, x: Tensor) -> Iterator[Problem]:
        yield from numbers(self.kind(), x)

    def problems(self, *x: Tensor) -> Iterator[Problem]:
        wrong = tuple(super().problems(*x))
        yield from wrong
        if not wrong and self.low > self.high:
            what = f"low={self.low:g} is above high={self.high:g}"
            yield Problem("low", what, f"{self.kind()}({self.high:g}, {self.low:g})")
        for name in () if wrong or x[0].dtype in FLOATS else ("low", "high"):
            if not getattr(self, name).is_integer():
                what = f"`{name}` of {x[0]} must be a whole number, got {getattr(self, name):g}"
                yield Problem(name, what)


class clip(Clip):
    """Each element, but no less than one number and no more than another, as the layer Clip.

    - `low`, `high`: the least and the greatest value; whole numbers where x is of integers.
    """

    examples: ClassVar = (
        example("clip(-0.5, 1.5)", "f32[3, 5]"),
        example("clip(low=1, high=4)", "i32[7]"),
    )


class cast(Elementwise):
    """Each element in another dtype: cast(i, f32).

    Real numbers lose what is behind the point on their way to integers, and beyond those of the
    integer nothing is said of them. true and false are 1 and 0, and any number but 0 is true.

    - `dtype`: `f16`, `bf16`, `f32`, `f64`, `i8`, `i32`, `i64` or `bool`.
    """

    positional: ClassVar = ("dtype",)
    onnx: ClassVar = ("Cast",)
    tflite: ClassVar = ("CAST",)
    examples: ClassVar = (
        example("cast(i32)", "f32[3, 5]"),
        example("cast(f32)", "i32[7]"),
        example("cast(f32)", "bool[2, 3]"),
        example("cast(bool)", "i32[7]"),
    )

    dtype: Converted

    def fitting(self, x: Tensor) -> Iterator[Problem]:
        return iter(())

    def shape(self, *x: Tensor) -> Tensor:
        return replace(x[0], dtype=self.dtype, classes=None)


class one_hot(Op):
    """1 at each index along a new axis, 0 elsewhere: one_hot(i, 4) makes [t, 4] of [t].

    The indices are classes or integers from 0; of one that is no place of the axis, such as 255 for
    "no class", all are 0.

    - `count`: the size of the new axis; of classes, their number.
    - `axis`: where the new axis stands in the result; at its end by default.
    """

    positional: ClassVar = ("count",)
    onnx: ClassVar = ("Unsqueeze", "Equal", "Cast")
    tflite: ClassVar = ("ONE_HOT",)
    examples: ClassVar = (
        example("one_hot(5)", "i32[4]"),
        example("one_hot(count=7, axis=0)", "i32[3, 4]"),
        example("one_hot(6)", "class[6]"),
    )

    count: Count
    axis: Axis = -1

    def problems(self, *x: Tensor) -> Iterator[Problem]:
        classes = x[0].classes
        if x[0].dtype not in INTEGERS:
            yield Problem(None, f"one_hot needs classes or integers, got {x[0]}", "cast(x, i32)")
        elif classes not in (None, self.count):
            what = f"{x[0]} has {classes} classes, not {int(self.count)}"
            yield Problem("count", what)
        else:
            yield from axis_between("axis", self.axis, x[0])

    def shape(self, *x: Tensor) -> Tensor:
        sizes = list(x[0].shape)
        sizes.insert(self.axis % (x[0].rank + 1), self.count)
        return Tensor("f32", tuple(sizes))


class stop_gradient(Elementwise):
    """Each element as it is; no gradient flows back through it."""

    examples: ClassVar = (
        example("stop_gradient", "f32[3, 5]"),
        example("stop_gradient", "i32[7]"),
    )

    def fitting(self, x: Tensor) -> Iterator[Problem]:
        return iter(())
