"""Reads a file of rows and prepares them as the data of a program is prepared. NumPy only.

A task names the `program` folder, the folder `reader` with the `inputs.py` that reads the file
`input` for it, what the run's lock file has of the `fitted` fields, each of the model's `inputs`
with the field that feeds it, and the NPZ file `outputs`. Inputs that no field feeds are `given` in
the file under their own names, as the model reads them, with dtype and shape; of those that stand
`together`, at least one group is there, and zeros stand for the others. Some have `open` axes,
which may be shorter, and some are `told` the lengths of rows, of which it has the greatest.
"""

from __future__ import annotations

import inspect
import sys
from importlib import import_module
from pathlib import Path
from zipfile import BadZipFile

import numpy as np
from serving import Task, enter, serve

Columns = dict[str, np.ndarray]


def prepare(task: Task) -> Task:
    """Writes the model's inputs, or says what is wrong with the file."""
    enter(task["program"])
    data = import_module("data")
    sys.path.insert(0, task["reader"])
    path = Path(task["input"])
    rows: Columns = {}
    given: Columns = {}
    try:
        if task["inputs"]:
            rows = prepared(import_module("inputs").read_columns(path), task["fitted"])
        if task["given"]:
            given = arrays(path, task["given"], task["together"], task["open"])
            check_lengths(given, task["told"])
    except (data.DataError, OSError, ValueError, BadZipFile) as error:
        return {"unreadable": str(error)}
    fed = {name: rows[field] for name, field in task["inputs"].items()}
    count = len(next(iter((fed | given).values())))
    rest = {n: zeros(count, *of) for n, of in task["given"].items() if n not in given}
    rest |= {n: v + 1 for n, v in rest.items() if n in task["told"]}  # no row is empty
    found = fed | given | rest
    np.savez(task["outputs"], **{name: found[name] for name in task["names"]})
    lengths = {name: rows[name].tolist() for name in getattr(data, "RAGGED", {}) if name in rows}
    told = {name: given[name].tolist() for name in task["told"] if name in given}
    return {"rows": count, "lengths": lengths, "told": told, "given": list(given)}


def arrays(path: Path, wanted: Task, together: list[list[str]], open_: Task) -> Columns:
    """The inputs of a file. Raises ValueError."""
    if path.suffix.lower() != ".npz":
        raise ValueError(
            f"it is no .npz with the inputs as the model reads them: {listed(together)}"
        )
    with np.load(path) as file:
        here = [group for group in together if all(name in file for name in group)]
        found = {name: file[name] for group in here for name in group}
    if not found:
        raise ValueError(f"it lacks the inputs as the model reads them: {listed(together)}")
    count = len(next(iter(found.values())))
    for name, array in found.items():
        dtype, shape = wanted[name]
        shape = [count, *shape]
        if array.ndim == len(shape):
            for axis in open_.get(name, []):
                shape[axis] = max(1, min(shape[axis], array.shape[axis]))
        if array.shape != tuple(shape):
            there = f"the shape {list(array.shape)}, not {shape}"
            raise ValueError(f"its array `{name}` has {there}")
        found[name] = array.astype(DTYPES[dtype])
    return found


def check_lengths(given: Columns, most: dict[str, int]) -> None:
    """Whether rows have places. Raises ValueError."""
    for name, array in given.items():
        wrong = array[(array < 1) | (array > most[name])] if name in most else ()
        if len(wrong):
            raise ValueError(f"its array `{name}` has {wrong[0]}, not 1 to {most[name]}")


def listed(together: list[list[str]]) -> str:
    """`G_code`; or `D_image`."""
    return "; or ".join(", ".join(f"`{name}`" for name in group) for group in together)


def zeros(count: int, dtype: str, shape: list[int]) -> np.ndarray:
    return np.zeros((count, *shape), DTYPES[dtype])


DTYPES = {"f32": "f4", "i8": "i1", "i32": "i4", "i64": "i8", "class": "i8", "bool": "?"}


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
