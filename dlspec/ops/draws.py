"""Random numbers, drawn anew in every step: by the seed and the number of the step alone.

`normal(64)` and its like draw for each example; how many there are, a tensor that belongs to each
example tells, which the compiler gives them.
"""

from collections.abc import Iterator
from dataclasses import replace
from typing import ClassVar

from dlspec.declared import Problem
from dlspec.ops.base import example
from dlspec.ops.drawing import Draw, ForEach, Like, OfExamples
from dlspec.ops.elementwise import Elementwise
from dlspec.ops.fields import Count, Number, Positive, Whole
from dlspec.ops.rules import numbers
from dlspec.tensor import DType, Tensor


class full(ForEach):
    """One number, the same for each example: full(1.0) is f32[], full(0.0, shape=[3]) f32[3].

    - `value`: the number.
    - `shape`: that of an example.
    """

    positional: ClassVar = ("value",)
    onnx: ClassVar = ("ConstantOfShape",)
    tflite: ClassVar = ("FILL",)
    examples: ClassVar = (example("full(0.5)", "f32[3]"), example("full(2, shape=[4])", "f32[3]"))

    value: Number


class normal(ForEach, Draw):
    """Normally distributed numbers, drawn for each example: normal(64) is f32[64], normal() one
    number.

    - `shape`: the sizes of the axes of an example.
    - `mean`, `std`: of the distribution.
    """

    variadic: ClassVar = "shape"
    examples: ClassVar = (
        example("normal(5)"),
        example("normal(2, 3, mean=1, std=0.5)"),
    )

    mean: Number = 0.0
    std: Positive = 1.0


class uniform(ForEach, Draw):
    """Numbers of equal chance between two, drawn for each example.

    - `low`, `high`: the numbers; the second is never drawn.
    - `shape`: their shape; one number for each example if it is left out.
    """

    positional: ClassVar = ("low", "high")
    examples: ClassVar = (
        example("uniform(0, 1)"),
        example("uniform(-1, 2, shape=[4])"),
    )

    low: Number = 0.0
    high: Number = 1.0


class randint(ForEach, Draw):
    """Whole numbers of equal chance, drawn for each example.

    - `low`, `high`: the least, and the one behind the greatest.
    - `shape`: their shape; one number for each example if it is left out.
    """

    dtype: ClassVar[DType] = "i32"
    positional: ClassVar = ("low", "high")
    examples: ClassVar = (
        example("randint(0, 1000)"),
        example("randint(-3, 4, shape=[2, 2])"),
    )

    low: Whole
    high: Whole

    def problems(self, *x: Tensor) -> Iterator[Problem]:
        if self.high <= self.low:
            yield Problem("high", f"`high` is {self.high}, and `low` is {self.low}")


class beta(ForEach, Draw):
    """Numbers from 0 to 1 of the beta distribution, drawn for each example, as MixUp takes them.

    - `a`, `b`: its parameters; small ones make numbers near 0 and 1.
    - `shape`: their shape; one number for each example if it is left out.
    """

    positional: ClassVar = ("a", "b")
    examples: ClassVar = (
        example("beta(0.2, 0.2)"),
        example("beta(2, 5, shape=[3])"),
    )

    a: Positive
    b: Positive


class permutation(OfExamples, Draw):
    """The numbers 0 ... count - 1 in an order that is drawn once for the whole batch: with
    permutation(B), `batch(image)[mate[row()]]` gives each example the picture of another.

    - `count`: how many.
    """

    dtype: ClassVar[DType] = "i32"
    gives_common: ClassVar = True
    positional: ClassVar = ("count",)
    lengths: ClassVar = ("count",)
    examples: ClassVar = (example("permutation(7)"),)

    count: Count

    def shape(self, *x: Tensor) -> Tensor:
        return Tensor(self.dtype, (self.count,))


class normal_like(Like):
    """Normally distributed numbers with mean 0 and deviation 1, of the shape of a tensor."""

    examples: ClassVar = (example("normal_like", "f32[3, 5]"), example("normal_like", "f32[]"))


class uniform_like(Like):
    """Numbers of equal chance from 0 to 1, of the shape of a tensor."""

    examples: ClassVar = (example("uniform_like", "f32[3, 5]"), example("uniform_like", "f32[]"))


class _Filled(Elementwise):
    def fitting(self, x: Tensor) -> Iterator[Problem]:
        return numbers(self.kind(), x)

    def shape(self, *x: Tensor) -> Tensor:
        return replace(x[0], classes=None)


class zeros_like(_Filled):
    """Zeros of the shape and the dtype of a tensor."""

    onnx: ClassVar = ("Mul",)
    tflite: ClassVar = ("ZEROS_LIKE",)
    examples: ClassVar = (example("zeros_like", "f32[3, 5]"), example("zeros_like", "i32[4]"))


class ones_like(_Filled):
    """Ones of the shape and the dtype of a tensor."""

    onnx: ClassVar = ("Add",)
    tflite: ClassVar = ("ADD",)
    examples: ClassVar = (example("ones_like", "f32[3, 5]"), example("ones_like", "i32[4]"))
