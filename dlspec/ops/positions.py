"""Positions: numbers that go up or down evenly.

The class bears the name of the language, so that within this module `range` is it and not Python's.
"""

from typing import ClassVar

from dlspec.expr import Size, origin
from dlspec.ops.base import Op, example
from dlspec.ops.fields import Axis as Whole
from dlspec.tensor import Tensor


class range(Op):
    """The numbers 0 ... stop - 1, as positions: `range(T) -> Embedding(512, dim)`.

    At compile time `range(n)` is a list of numbers, for loops and comprehensions. Where a tensor is
    meant, such a list is one of i32, common to all examples: at the head of a chain, beside a
    tensor, in brackets that only a tensor takes (`range(T)[none, :]`).

    - `start`, `stop`, `step`: as of Python's; `range(n)` starts at 0.
    """

    inputs: ClassVar = (0, 1)
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
        return Tensor("i32", (Size(self.count, origin(self.stop) if plain else None),))
