"""What an export may do to a model, and what a budget may limit."""

from typing import ClassVar, Literal

from dlspec.recipe.base import LowerCase, Recipe
from dlspec.recipe.rows import Rows


class Int8(LowerCase, Recipe):
    """Static 8-bit integers: weights by channel, activations by ranges that `calibrate` shows.

    `calibrate` names rows that the model is run on: `digits.train[:256]`. Inputs and outputs stay
    float32, unless `io=int8`.
    """

    source = "Jacob et al. 2018, Quantization and Training of Neural Networks"
    spelled: ClassVar[tuple[str, ...]] = ("calibrate",)

    calibrate: Rows
    io: Literal["float32", "int8"] = "float32"
