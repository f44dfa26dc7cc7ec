"""Augmentations: random changes of training rows, drawn anew in each step."""

from collections.abc import Iterable
from typing import Annotated, Literal

from pydantic import Field

from dlspec.declared import Problem
from dlspec.recipe.base import Recipe
from dlspec.tensor import FLOATS, Tensor
from dlspec.units import Angle, Share


class Augmentation(Recipe):
    """The base of all augmentations.

    They take pictures `[C, H, W]`, and maps of classes `[H, W]`, whose pixels they move by the
    nearest. What comes in from outside the picture is 0. Several fields are changed alike.
    """

    def problems(self, x: Tensor) -> Iterable[Problem]:
        """What does not fit a field of this type."""
        is_map = x.dtype == "class" and x.rank == 2
        if not is_map and not (x.dtype in FLOATS and x.rank == 3):
            yield Problem(None, f"{self.kind()} is for pictures [C, H, W], not for {x}")


class RandomRotate(Augmentation):
    """Turns pictures about their centre, by any angle up to `angle` either way."""

    positional = ("angle",)

    angle: Annotated[Angle, Field(gt=0, le=180)]


class RandomShift(Augmentation):
    """Shifts pictures by up to this share of their height and of their width, either way."""

    positional = ("share",)

    share: Annotated[Share, Field(gt=0)]


class RandomFlip(Augmentation):
    """Mirrors pictures with the given `chance`: left to right, or upside down (`vertical`)."""

    positional = ("direction",)

    direction: Literal["horizontal", "vertical"] = "horizontal"
    chance: Share = 0.5
