"""Batches that are more than a number of rows at random."""

from typing import Annotated, ClassVar

from pydantic import AfterValidator, model_validator

from dlspec.ops.fields import Count
from dlspec.recipe.base import LowerCase, Recipe
from dlspec.recipe.stops import whole_epochs
from dlspec.units import Duration, During


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


class Bucketed(LowerCase, Recipe):
    """Batches of `size` rows of nearly one length, that of the field `by`, in any order.

    Little is then padded. In each epoch a length counts up to a tenth more or less, so that rows
    meet others. The first epochs of `sorted` go from the shortest rows to the longest, as they are.
    Only the last batch of an epoch is smaller, if rows are left over: they are neighbours too.
    """

    positional = ("size",)
    spelled: ClassVar[tuple[str, ...]] = ("by",)
    source = "Amodei et al. 2015, Deep Speech 2 (section 3.2) for `sorted`"

    size: Count
    by: str
    sorted: Annotated[During, AfterValidator(whole_epochs)] = Duration(0.0, "epochs")

    @property
    def ascending(self) -> int:
        """How many epochs go from the shortest rows to the longest."""
        return int(self.sorted.value)
