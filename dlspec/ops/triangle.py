"""Functions that keep one side of a diagonal."""

from collections.abc import Iterator
from typing import ClassVar

from dlspec.declared import Problem
from dlspec.ops.base import Op, example
from dlspec.ops.fields import Whole
from dlspec.tensor import Tensor


class _Triangle(Op):
    """One side of a diagonal of the last two axes; the other side is 0, or false."""

    positional: ClassVar = ("offset",)
    onnx: ClassVar = ("Trilu",)
    tflite: ClassVar = ("RANGE", "SUB", "LESS_EQUAL", "SELECT_V2")

    offset: Whole = 0

    def problems(self, *x: Tensor) -> Iterator[Problem]:
        kind = self.kind()
        if x[0].dtype == "class":
            hint = "one_hot turns classes into numbers"
            yield Problem(None, f"{kind} needs numbers, or true and false, got {x[0]}", hint)
        elif x[0].rank < 2:
            yield Problem(None, f"{kind} needs at least two axes, got {x[0]}")


class tril(_Triangle):
    """A matrix with 0 above a diagonal, or false: tril(x) keeps x[i, j] where j <= i + offset.

    The shape stays. Of more axes, the last two are rows and columns.

    - `offset`: the diagonal, counted to the right of the main one; to the left where it is
      negative.
    """

    examples: ClassVar = (
        example("tril", "f32[4, 4]"),
        example("tril(1)", "f32[2, 3, 5]"),
        example("tril(offset=-1)", "i32[5, 3]"),
        example("tril", "bool[4, 4]"),
    )


class triu(_Triangle):
    """A matrix with 0 below a diagonal, or false: triu(x) keeps x[i, j] where j >= i + offset.

    The shape stays. Of more axes, the last two are rows and columns.

    - `offset`: the diagonal, counted to the right of the main one; to the left where it is
      negative.
    """

    tflite: ClassVar = ("RANGE", "SUB", "GREATER_EQUAL", "SELECT_V2")
    examples: ClassVar = (
        example("triu", "f32[4, 4]"),
        example("triu(1)", "f32[2, 3, 5]"),
        example("triu(offset=-1)", "i32[5, 3]"),
        example("triu(1)", "bool[4, 4]"),
    )
