"""The files that every program has whatever its backend: `data.py`, `weights.py`, `recipe.py`.

`inputs.py` is no part of a program: it reads what a person gives to a trained one. Functions that
no spec changes are real files in `verbatim`; what depends on the spec is written here.
"""

from dlspec.programs.data import data_file
from dlspec.programs.inputs import inputs_file
from dlspec.programs.recipe import recipe_file
from dlspec.programs.weights import weights_file

__all__ = ["data_file", "inputs_file", "recipe_file", "weights_file"]
