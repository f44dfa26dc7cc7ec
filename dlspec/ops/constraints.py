"""Constraints: what a weight is held to after each update.

Their place says what they are, so their names are lower case: `constraint = max_norm(3)`. A norm is
that of the weights which reach one output: it is taken over all axes of a weight but the first, in
PyTorch's order of axes, and of a vector over all; `axis` names others. Frozen weights stay as they
are. The rules are Keras's, with its 1e-7 beside a norm that divides.
"""

from collections.abc import Iterator
from typing import ClassVar

from pydantic import model_validator

from dlspec.declared import Declared, Problem
from dlspec.ops.fields import Axes, Fraction, NonNegative, Positive
from dlspec.ops.rules import all_axes, axes_exist
from dlspec.tensor import Tensor


class Constraint(Declared):
    """What a weight is held to after each update."""

    def problems(self, shape: tuple[int, ...]) -> Iterator[Problem]:
        """What does not fit a weight of this shape."""
        return iter(())


class OfNorms(Constraint):
    """A constraint of the norms over some axes."""

    axis: Axes | None = None

    def problems(self, shape: tuple[int, ...]) -> Iterator[Problem]:
        yield from axes_exist("axis", self.axis, Tensor("f32", shape))

    def axes(self, rank: int) -> tuple[int, ...]:
        """The axes that norms are taken over, in a weight of so many."""
        if self.axis is None:
            return tuple(range(min(1, max(rank - 1, 0)), rank))
        return all_axes(self.axis, Tensor("f32", (1,) * rank))


class non_neg(Constraint):
    """Weights below 0 become 0: max(w, 0)."""


class max_norm(OfNorms):
    """Norms above `max` become `max`: w · min(n, max) / (n + 1e-7), where n is the norm.

    - `max`: above 0. Srivastava et al. 2014 take 3 to 4 beside dropout.
    - `axis`: the axes that a norm is taken over.
    """

    positional: ClassVar = ("max",)
    max: Positive = 2.0


class unit_norm(OfNorms):
    """Norms become 1: w / (n + 1e-7), where n is the norm.

    - `axis`: the axes that a norm is taken over.
    """


class min_max_norm(OfNorms):
    """Norms are brought between `min` and `max`: w · (rate · clip(n, min, max) + (1 - rate) · n) /
    (n + 1e-7), where n is the norm.

    - `min`, `max`: 0 or more, and above `min`.
    - `rate`: how much of the way one update goes, 0 to 1.
    - `axis`: the axes that a norm is taken over.
    """

    positional: ClassVar = ("min", "max")
    min: NonNegative = 0.0
    max: Positive = 1.0
    rate: Fraction = 1.0

    @model_validator(mode="after")
    def _ordered(self) -> "min_max_norm":
        if self.min > self.max:
            raise ValueError(f"min_max_norm needs min below max, got {self.min} and {self.max}")
        return self


CONSTRAINTS: dict[str, type[Constraint]] = {
    c.__name__: c for c in (non_neg, max_norm, unit_norm, min_max_norm)
}
