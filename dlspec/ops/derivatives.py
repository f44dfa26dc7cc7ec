"""Derivatives, which only an objective holds."""

from collections.abc import Iterator
from typing import ClassVar

from dlspec.declared import Problem
from dlspec.ops.base import Op
from dlspec.ops.rules import floats
from dlspec.tensor import Tensor


class gradient(Op):
    """How the sum of the first tensor changes with each element of the second, a wire that it is
    computed from. It can be differentiated again: a loss of it trains what computes the first.

    The shape is that of the second.
    """

    inputs: ClassVar = (2, 2)

    def problems(self, *x: Tensor) -> Iterator[Problem]:
        yield from floats(self.kind(), *x)

    def shape(self, *x: Tensor) -> Tensor:
        return x[1].with_shape(*x[1].shape)
