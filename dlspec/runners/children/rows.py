"""Writes the rows of a part of the data as the model takes them. NumPy only.

A task names the `program` folder, the `part`, each of the model's `inputs` with the field that
feeds it, and the NPZ file `outputs`.
"""

from __future__ import annotations

from importlib import import_module

import numpy as np
from serving import Task, enter, serve


def write(task: Task) -> Task:
    """Writes the inputs, in the order of the task."""
    enter(task["program"])
    rows = import_module("data").load()[task["part"]]
    np.savez(task["outputs"], **{name: rows[field] for name, field in task["inputs"].items()})
    return {"rows": len(next(iter(rows.values())))}


if __name__ == "__main__":
    serve(write)
