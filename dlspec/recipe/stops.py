"""Times within a run: when it ends before its last epoch, when weights begin to learn."""

from typing import Annotated, ClassVar

from pydantic import AfterValidator

from dlspec.recipe.base import LowerCase, Recipe
from dlspec.units import Duration, During


def whole_epochs(value: Duration) -> Duration:
    if value.unit != "epochs" or value.value != int(value.value):
        raise ValueError("takes whole epochs: `5 epochs`")
    return value


class Patience(LowerCase, Recipe):
    """Ends the run after so many epochs in a row without a better value of `on`.

    `on` is `val.loss` or a metric of the block, such as `val.accuracy`. Lower is better for losses
    and errors, higher for the rest.
    """

    positional = ("epochs",)
    spelled: ClassVar[tuple[str, ...]] = ("on",)

    epochs: Annotated[During, AfterValidator(whole_epochs)]
    on: str = "val.loss"

    @property
    def count(self) -> int:
        """How many epochs."""
        return int(self.epochs.value)


class Until(LowerCase, Recipe):
    """Weights stay as they are for so many epochs, and learn from then on."""

    positional = ("epochs",)

    epochs: Annotated[During, AfterValidator(whole_epochs)]

    @property
    def count(self) -> int:
        """How many epochs."""
        return int(self.epochs.value)
