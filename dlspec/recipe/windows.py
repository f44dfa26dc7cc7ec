"""Windows: examples that are runs of neighbouring rows. They stand behind a source."""

from dlspec.recipe.base import Recipe
from dlspec.recipe.fields import Counted


class Windows(Recipe):
    """Every `length` rows that follow each other are an example, one from each `stride`th row on.

    A field has these rows along its first axis: its transforms are for one row, and what they fit
    they fit on the rows before these become windows. The split is of rows too, so that no window
    lies in two parts: `ordered(...)` or `all`. With what was trained, a file is read in windows as
    long as the model's inputs need.
    """

    positional = ("length",)

    length: Counted
    stride: Counted = 1
