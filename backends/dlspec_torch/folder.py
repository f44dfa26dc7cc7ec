"""Every file of a program."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from dlspec.ir.program import Program
from dlspec.programs.data import data_file
from dlspec.programs.recipe import recipe_file
from dlspec.programs.weights import weights_file
from dlspec_torch.case import Case
from dlspec_torch.exporting import export_file
from dlspec_torch.generating import generate_files
from dlspec_torch.readme import model_doc, objective_doc, readme_file, requirements_file
from dlspec_torch.saving import checkpoint_file
from dlspec_torch.training import train_file


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
    from dlspec.backend.plan import model_file
    from dlspec_torch import BACKEND

    case = Case(program, train, hash)
    exact = case.train.numerics == "exact"
    own = {}
    if case.step is not None:
        own["objective.py"] = model_file(case.step, BACKEND, objective_doc(case), exact)
    if case.rounds:
        own["objective.py"] = model_file(case.rounds[-1][1], BACKEND, objective_doc(case), exact)
    return {
        "model.py": model_file(case.model, BACKEND, model_doc(case), exact),
        "data.py": data_file(case.data, case.train, folder=folder, classes=classes),
        "weights.py": weights_file(case.weights, case.train.loaded, folder),
        "recipe.py": recipe_file(case.train, case.data, case.learned),
        "checkpoint.py": checkpoint_file(case),
        "train.py": train_file(case),
        **own,
        "export.py": export_file(case),
        **generate_files(case),
        "requirements.txt": requirements_file(case),
        "README.md": readme_file(case),
    }
