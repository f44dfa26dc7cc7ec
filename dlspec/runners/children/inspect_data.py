"""Reads the data of a program and counts what is in it. NumPy only.

A task names the `program` folder (its `data.py` is enough), and by `classes` the number of classes
of each field that is one.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

import numpy as np
from serving import Task, enter, serve


def inspect(task: Task) -> Task:
    """The rows of each part, what each field holds, and the facts for the lock file."""
    enter(task["program"])
    data = import_module("data")
    try:
        parts = data.load()
        facts = data.facts()
    except (data.DataError, OSError) as error:
        return {"unreadable": str(error)}
    rows = {part: len(next(iter(fields.values()))) for part, fields in parts.items()}
    fields: dict[str, Any] = {}
    for name in next(iter(parts.values())):
        values = {part: arrays[name] for part, arrays in parts.items()}
        classes = task["classes"].get(name)
        fields[name] = counted(values, classes) if name in task["classes"] else measured(values)
    return {"rows": rows, "fields": fields, "facts": facts}


def counted(values: dict[str, np.ndarray], classes: int | None) -> dict[str, Any]:
    """How often each class occurs, by part."""
    most = classes or 1 + max(int(v.max(initial=0)) for v in values.values())
    counts = {p: np.bincount(v.ravel(), minlength=most).tolist() for p, v in values.items()}
    return {"classes": counts}


def measured(values: dict[str, np.ndarray]) -> dict[str, Any]:
    """The range of a field's numbers, which are finite: `data.py` refuses others."""
    whole = np.concatenate([v.ravel() for v in values.values()]).astype(np.float64)
    return {
        "least": float(whole.min()),
        "greatest": float(whole.max()),
        "mean": float(whole.mean()),
        "std": float(whole.std()),
    }


if __name__ == "__main__":
    serve(inspect)
