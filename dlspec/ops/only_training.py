"""What layers share that do something in training only."""

from collections.abc import Iterator
from typing import ClassVar

from dlspec.declared import Problem
from dlspec.ops.base import Op
from dlspec.ops.fields import Rate
from dlspec.ops.rules import floats
from dlspec.tensor import Tensor


class OnlyTraining(Op):
    """Gives back what it gets, but in training: then it draws random numbers, by the seed and the
    step alone."""

    @classmethod
    def has_object(cls) -> bool:
        return True

    def problems(self, *x: Tensor) -> Iterator[Problem]:
        yield from floats(self.kind(), x[0])


class Dropping(OnlyTraining):
    """Takes something away with a probability."""

    positional: ClassVar = ("rate",)

    rate: Rate
