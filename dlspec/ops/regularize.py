"""Layers that only training knows."""

from collections.abc import Iterator
from typing import ClassVar

from dlspec.declared import Problem
from dlspec.ops.base import Op, example
from dlspec.ops.fields import Rate
from dlspec.ops.rules import floats
from dlspec.tensor import Tensor


class Dropout(Op):
    """In training, sets each element to 0 with probability `rate` and divides the others by
    1 - rate; in evaluation it gives back what it gets.

    The shape stays. What is dropped depends on the seed and the step alone.

    - `rate`: 0 or more, and below 1. Srivastava et al. 2014.
    """

    positional: ClassVar = ("rate",)
    examples: ClassVar = (example("Dropout(0.5)", "f32[3, 5]"), example("Dropout(0)", "f32[7]"))

    rate: Rate

    @classmethod
    def has_object(cls) -> bool:
        return True

    def problems(self, *x: Tensor) -> Iterator[Problem]:
        yield from floats("Dropout", x[0])
