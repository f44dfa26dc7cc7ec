"""Reads a file of rows and prepares them as the data of a program is prepared. NumPy only.

A task names the `program` folder, the folder `reader` with the `inputs.py` that reads the file
`input` for it, what the run's lock file has of the `fitted` fields, each of the model's `inputs`
with the field that feeds it, and the NPZ file `outputs`.
"""

from __future__ import annotations

import inspect
import sys
from importlib import import_module
from pathlib import Path

import numpy as np
from serving import Task, enter, serve

Columns = dict[str, np.ndarray]


def prepare(task: Task) -> Task:
    """Writes the model's inputs, or says what is wrong with the file."""
    enter(task["program"])
    data = import_module("data")
    sys.path.insert(0, task["reader"])
    path = Path(task["input"])
    try:
        rows = prepared(import_module("inputs").read_columns(path), task["fitted"])
    except (data.DataError, OSError) as error:
        return {"unreadable": str(error)}
    np.savez(task["outputs"], **{name: rows[field] for name, field in task["inputs"].items()})
    lengths = {name: rows[name].tolist() for name in getattr(data, "RAGGED", {}) if name in rows}
    return {"rows": len(next(iter(rows.values()))), "lengths": lengths}


def prepared(columns: Columns, fitted: Task) -> Columns:
    """The fields, with the statistics and classes that the run has fitted."""
    data = import_module("data")
    if len(inspect.signature(data.prepare).parameters) == 1:
        made: Columns = data.prepare(columns)
        return made
    made = data.prepare(columns, fitted)
    return made


if __name__ == "__main__":
    serve(prepare)
