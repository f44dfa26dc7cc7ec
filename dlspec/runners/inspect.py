"""What the data of a spec holds: read by its program's own `data.py`, in a process."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from dlspec.diagnostics import SpecError
from dlspec.diagnostics.commands import CannotReadData
from dlspec.emit.files import write_tree
from dlspec.ir.recipe import Data
from dlspec.programs import data_file
from dlspec.runners.process import run_one
from dlspec.runners.trained import answer


def inspect(command: str, data: Data, folder: Path) -> dict[str, Any]:
    """`rows` by part, `fields` by name, and `facts` for a lock file; `folder` is the spec's.

    Raises SpecError where the data cannot be read.
    """
    classes = {f.name: f.type.classes for f in data.fields if f.type.dtype == "class"}
    with TemporaryDirectory(prefix="dlspec-") as made:
        way = os.path.relpath(folder.resolve(), Path(made).resolve())
        write_tree(Path(made), {"data.py": data_file(data, folder=way)})
        task = {"program": made, "classes": classes}
        found = answer(command, f"the data of `{data.name}`", run_one("inspect_data", task))
    if "unreadable" in found:
        raise SpecError(CannotReadData(None, data.name, found["unreadable"]))
    return found


def classes_in(facts: Mapping[str, Any], data: Data) -> dict[str, dict[str, list[str]]]:
    """The names of the classes that only the data tells, by data and field."""
    told = {f: facts["fitted"][f]["classes"] for f in data.unknown_classes}
    return {data.name: {f: [str(c) for c in names] for f, names in told.items()}}
