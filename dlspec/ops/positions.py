"""Positions: numbers that go up or down evenly, common to all examples.

The class bears the name of the language, so that within this module `range` is it and not Python's.
"""

from typing import Annotated, ClassVar

from pydantic import Field

from dlspec.expr import origin, with_origin
from dlspec.ops.base import Op, example
from dlspec.ops.fields import Axis as Whole
from dlspec.ops.fields import Count, Number
from dlspec.tensor import Tensor

MOST = 100_000
"""The most numbers of a constant, as many as a list of compile time has."""


class _Even(Op):
    """Made of numbers alone, where the tensors of the examples are."""

    inputs: ClassVar = (0, 1)
    sees_example: ClassVar = True


class range(_Even):
    """The numbers 0 ... stop - 1, as positions: `range(T) -> Embedding(512, dim)`.

    At compile time `range(n)` is a list of numbers, for loops and comprehensions. Where a tensor is
    meant, such a list is one of i32, common to all examples: at the head of a chain, beside a
    tensor, as an argument of a function of tensors, in brackets that only a tensor takes
    (`range(T)[none, :]`).

    - `start`, `stop`, `step`: as of Python's; `range(n)` starts at 0.
    """

    positional: ClassVar = ("start", "stop", "step")
    onnx: ClassVar = ("Range",)
    tflite: ClassVar = ("RANGE",)
    examples: ClassVar = (
        example("range(0, 7)"),
        example("range(2, 6)"),
        example("range(9, 0, -2)"),
    )

    start: Whole
    stop: Whole
    step: Whole = 1

    @property
    def count(self) -> int:
        return max(0, -((self.start - self.stop) // self.step))

    def shape(self, *x: Tensor) -> Tensor:
        plain = self.start == 0 and self.step == 1
        return Tensor("i32", (with_origin(self.count, origin(self.stop) if plain else None),))


class linspace(_Even):
    """Numbers in equal steps from the first to the last, both among them: linspace(0, 1, 5).

    - `start`, `stop`: the first and the last.
    - `count`: how many, at most 100,000.
    """

    positional: ClassVar = ("start", "stop", "count")
    examples: ClassVar = (
        example("linspace(0, 1, 5)"),
        example("linspace(start=2, stop=-0.5, count=4)"),
        example("linspace(3, 7, 1)"),
    )

    start: Number
    stop: Number
    count: Annotated[Count, Field(le=MOST)]

    def shape(self, *x: Tensor) -> Tensor:
        return Tensor("f32", (self.count,))
