"""How many places of an axis are real, and which: rows of a dynamic size are padded in a batch."""

from collections.abc import Iterator
from typing import ClassVar

from dlspec.declared import Problem
from dlspec.ops.base import Op, example
from dlspec.ops.fields import Axis, Flag, Number
from dlspec.ops.rules import axis_exists
from dlspec.tensor import INTEGERS, Tensor


class lengths(Op):
    """How many places of an axis each example has, without those that pad it to the longest of its
    batch: lengths(x) of [T, d] is i32[].

    Of a fixed size, and in a model whose rows are all of one length, it is that size.

    - `axis`: the axis.
    """

    examples: ClassVar = (example("lengths", "f32[5, 3]"), example("lengths(axis=-1)", "f32[2, 4]"))

    axis: Axis = 0

    def problems(self, *x: Tensor) -> Iterator[Problem]:
        yield from axis_exists("axis", self.axis, x[0])

    def shape(self, *x: Tensor) -> Tensor:
        return Tensor("i32", ())


class _Told(Op):
    """Beside a tensor it takes the lengths of its rows on an axis."""

    inputs: ClassVar = (2, 2)

    axis: Axis = 0

    def problems(self, *x: Tensor) -> Iterator[Problem]:
        yield from axis_exists("axis", self.axis, x[0])
        if x[1].rank or x[1].dtype not in INTEGERS:
            what = f"a length is one integer for each example, got {x[1]}"
            yield Problem(None, what, "lengths(x) has those of x")

    @property
    def place(self) -> int:
        """The axis, perhaps counted from the end."""
        return self.axis


class mask_padding(_Told):
    """A tensor with one number at all places behind the first n of an axis: mask_padding(x, n).

    - `value`: the number; of true and false 1 or 0.
    - `axis`: the axis.
    """

    onnx: ClassVar = ("Range", "Less", "Where")
    tflite: ClassVar = ("RANGE", "LESS", "SELECT_V2")
    examples: ClassVar = (
        example("mask_padding", "f32[5, 3]", "i32[]"),
        example("mask_padding(value=-2, axis=-1)", "i32[2, 4]", "i32[]"),
        example("mask_padding(value=1)", "bool[5, 3]", "i32[]"),
    )

    value: Number = 0


class sequence_mask(_Told):
    """True at the first n places of an axis of a tensor, false behind them: sequence_mask(x, n) of
    [T, d] is bool[T, 1].

    - `axis`: the axis.
    - `whole`: whether it has the shape of x, and not 1 place on the other axes.
    """

    onnx: ClassVar = ("Range", "Less")
    tflite: ClassVar = ("RANGE", "LESS")
    examples: ClassVar = (
        example("sequence_mask", "f32[5, 3]", "i32[]"),
        example("sequence_mask(axis=-1, whole=true)", "f32[2, 4]", "i32[]"),
    )

    whole: Flag = False

    def shape(self, *x: Tensor) -> Tensor:
        at = self.axis % x[0].rank
        sizes = (s if self.whole or a == at else 1 for a, s in enumerate(x[0].shape))
        return Tensor("bool", tuple(sizes))
