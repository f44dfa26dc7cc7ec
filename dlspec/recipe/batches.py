"""Batches that are more than a number of rows at random."""

from typing import ClassVar

from pydantic import model_validator

from dlspec.ops.fields import Count
from dlspec.recipe.base import LowerCase, Recipe


class Balanced(LowerCase, Recipe):
    """Batches of `size` rows with equally many of each of `classes` classes of the field `by`,
    which are drawn anew for each batch.

    What a loss compares within a batch is then always there. An epoch has as many batches as the
    training rows make, all of them whole; the rows of a class come in turn, so that those of a rare
    class come more often than others.
    """

    positional = ("size",)
    spelled: ClassVar[tuple[str, ...]] = ("by",)
    source = "Hermans et al. 2017, In Defense of the Triplet Loss for Person Re-Identification"

    size: Count
    by: str
    classes: Count

    @model_validator(mode="after")
    def _whole(self) -> "Balanced":
        if self.size % self.classes:
            raise ValueError(f"{self.size} rows are no multiple of {self.classes} classes")
        return self


class Continued(LowerCase, Recipe):
    """Rows in their order, so that row i of a batch goes on where row i of the last one stopped.

    The training rows are cut into `count` runs of equal length, of which a batch has the next row
    each; what is left over at their end is not read. The state of the model passes from batch to
    batch, cut off from the gradient; an epoch begins at its first value, and so does each row in
    evaluation.
    """

    source = "Mikolov et al. 2010, Recurrent neural network based language model"
    positional = ("count",)

    count: Count
