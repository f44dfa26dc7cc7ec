"""Every file of a program."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from dlspec.cost import weights
from dlspec.ir.program import Program
from dlspec.programs.data import data_file
from dlspec.programs.recipe import recipe_file
from dlspec.programs.weights import weights_file
from dlspec_keras import rounds
from dlspec_keras.case import Case
from dlspec_keras.exporting import export_file
from dlspec_keras.generating import generate_files
from dlspec_keras.readme import objective_doc, readme_file, requirements_file
from dlspec_keras.saving import checkpoint_file
from dlspec_keras.training import train_file

WIDE = ("keras.config.dtype_policy().compute_dtype", '"float32"')
"""An objective computes in 32 bits, whatever its networks do."""
UNUSED = "import keras\n"


def files(
    program: Program,
    train: str = "",
    *,
    hash: str = "",
    folder: str = ".",
    classes: Mapping[str, Sequence[str]] | None = None,
) -> dict[str, str]:
    """Every file of the folder, by its name, for a train block.

    `hash` is that of the spec's IR, which the program writes to its lock file; `folder` leads from
    the program to the spec, where the paths of its data begin; `classes` are those of a lock file.
    """
    case = Case(program, train, hash)
    own = {}
    if (computed := case.step or (case.rounds[-1][1] if case.rounds else None)) is not None:
        from dlspec.backend.plan import model_file
        from dlspec_keras import BACKEND

        text = model_file(computed, BACKEND, objective_doc(case), case.exact)
        text = text.replace(*WIDE)
        own["objective.py"] = text if "keras." in text else text.replace(UNUSED, "")
    return {
        "model.py": case.model_file,
        "data.py": data_file(case.data, case.train, folder=folder, classes=classes),
        "weights.py": weights_file(weights(program.trained[train]), case.train.loaded, folder),
        "recipe.py": recipe_file(case.train, case.data, case.learned),
        "checkpoint.py": checkpoint_file(case),
        "train.py": rounds.train_file(case) if case.rounds else train_file(case),
        **own,
        "export.py": export_file(case),
        **generate_files(case),
        "requirements.txt": requirements_file(case),
        "README.md": readme_file(case),
    }
