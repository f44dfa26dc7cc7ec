"""Splits: which rows are for training, which for validation, which for the test."""

from typing import Annotated, ClassVar

from pydantic import Field, model_validator

from dlspec.recipe.base import LowerCase, Recipe
from dlspec.recipe.fields import Seed
from dlspec.units import Share


class Split(LowerCase, Recipe):
    """The base of all splits. Their shares are of all rows, and make up 100 % together."""

    def shares(self) -> dict[str, float]:
        """The share of each part that has rows, in the order train, val, test."""
        return {"train": 1.0}


class Shared(Split):
    """A split by shares. A part that is not given has no rows."""

    train: Annotated[Share, Field(gt=0)]
    val: Share = 0.0
    test: Share = 0.0

    @model_validator(mode="after")
    def _whole(self) -> "Shared":
        total = self.train + self.val + self.test
        if abs(total - 1) > 1e-9:
            raise ValueError(f"the shares make up {100 * total:.10g} %, not 100 %")
        return self

    def shares(self) -> dict[str, float]:
        parts = {"train": self.train, "val": self.val, "test": self.test}
        return {part: share for part, share in parts.items() if share > 0}


class Stratified(Shared):
    """At random, so that each class of the field `by` has its share in each part."""

    positional = ("by",)
    spelled: ClassVar[tuple[str, ...]] = ("by",)
    source = "sklearn.model_selection.train_test_split(stratify=...)"

    by: str
    seed: Seed = 0


class Random(Shared):
    """At random."""

    seed: Seed = 0


class Ordered(Shared):
    """The first rows for training, the next for validation, the last for the test."""


class All(Split):
    """All rows for training."""
