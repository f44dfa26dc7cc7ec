"""Reads a file of rows and prepares them as the data of a program is prepared. NumPy only.

A task names the `program` folder, the file `input`, the `columns` that the model's fields need
(each with its `shape` for one row, whether it holds `text`, and the function that reads `pictures`
of it), the `high` end of a picture's numbers, the run's `lock` file, each of the model's `inputs`
with the field that feeds it, and the NPZ file `outputs`.
"""

from __future__ import annotations

import csv
import inspect
import io
import json
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
from serving import Task, enter, serve

PICTURES = {".bmp", ".gif", ".jpeg", ".jpg", ".pgm", ".png", ".ppm", ".tif", ".tiff", ".webp"}
Columns = dict[str, np.ndarray]


class Unreadable(ValueError):
    """A file that does not hold what the model takes."""


def prepare(task: Task) -> Task:
    """Writes the model's inputs."""
    enter(task["program"])
    path = Path(task["input"])
    try:
        columns = read(path, task)
        rows = prepared(columns, Path(task["lock"]))
    except (Unreadable, OSError, ValueError) as error:
        return {"unreadable": str(error) or type(error).__name__}
    np.savez(task["outputs"], **{name: rows[field] for name, field in task["inputs"].items()})
    return {"rows": len(next(iter(rows.values())))}


def prepared(columns: Columns, lock: Path) -> Columns:
    """The fields, with the statistics and classes that the run has fitted."""
    data = import_module("data")
    if len(inspect.signature(data.prepare).parameters) == 1:
        made: Columns = data.prepare(columns)
        return made
    facts = json.loads(lock.read_text(encoding="utf-8")) if lock.exists() else {}
    made = data.prepare(columns, facts.get("data", {}).get("fitted") or data.fit())
    return made


def read(path: Path, task: Task) -> Columns:
    wanted: dict[str, Any] = task["columns"]
    suffix = path.suffix.lower()
    if suffix == ".csv":
        return table(path, wanted, task["separator"])
    if suffix == ".npz":
        arrays = np.load(path, allow_pickle=False)
        missing = [name for name in wanted if name not in arrays.files]
        if missing:
            raise Unreadable(f"it has no array {missing[0]!r}; it has: {', '.join(arrays.files)}")
        return {name: rows_of(arrays[name], column) for name, column in wanted.items()}
    if suffix not in {".npy", *PICTURES}:
        raise Unreadable(f"files of the kind {suffix or 'without a suffix'!r} are not read")
    if len(wanted) > 1:
        raise Unreadable(f"the model takes several columns: {', '.join(wanted)}")
    ((name, column),) = wanted.items()
    if suffix == ".npy":
        return {name: rows_of(np.load(path, allow_pickle=False), column)}
    return {name: picture(path, column, task["high"])[None]}


def rows_of(array: np.ndarray, column: dict[str, Any]) -> np.ndarray:
    """An array with the rows in front; a single example becomes one row."""
    shape = column["shape"]
    if shape is None:
        return array
    if list(array.shape) == shape:
        array = array[None]
    if list(array.shape[1:]) != shape:
        raise Unreadable(f"its rows have shape {list(array.shape[1:])}, the model takes {shape}")
    if array.dtype.kind == "f" and not np.isfinite(array).all():
        raise Unreadable("it holds numbers that are not finite")
    return array


def table(path: Path, wanted: dict[str, Any], separator: str) -> Columns:
    """The columns by the names in the header; the one column of numbers may be spread over as
    many cells as it has, with a header of any names or without one."""
    text = path.read_bytes().decode("utf-8-sig")
    lines = [
        line for line in csv.reader(io.StringIO(text, newline=""), delimiter=separator) if line
    ]
    if not lines:
        raise Unreadable("it has no rows")
    header = [name.strip() for name in lines[0]]
    missing = [name for name in wanted if name not in header]
    if not missing:
        found = {}
        for name, column in wanted.items():
            cells = [line[header.index(name)].strip() for line in lines[1:]]
            found[name] = np.array(cells) if column["text"] else numbers([[c] for c in cells])[:, 0]
        return found
    ((name, column), *others) = wanted.items()
    width = int(np.prod(column["shape"] or [0]))
    if others or column["text"] or width != len(header):
        raise Unreadable(f"it has no column {missing[0]!r}; it has: {', '.join(header)}")
    body = lines[1:] if not all(map(is_number, header)) else lines
    return {name: numbers(body).reshape(len(body), *column["shape"])}


def is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return True


def numbers(lines: list[list[str]]) -> np.ndarray:
    """Cells as float64, all finite."""
    if not lines:
        raise Unreadable("it has no rows below its header")
    if len({len(line) for line in lines}) > 1:
        raise Unreadable("its lines have different numbers of cells")
    for line in lines:
        for cell in line:
            if not is_number(cell) or not np.isfinite(float(cell)):
                raise Unreadable(f"{cell!r} is not a number")
    return np.array([[float(cell) for cell in line] for line in lines])


def picture(path: Path, column: dict[str, Any], high: float) -> np.ndarray:
    """A picture as the program reads it, or [C, H, W] from 0 to `high`."""
    if column["picture"]:
        made: np.ndarray = getattr(import_module("data"), column["picture"])(path)
        return made
    shape = column["shape"]
    if shape is None or len(shape) != 3 or shape[0] not in (1, 3):
        raise Unreadable("the model takes no pictures")
    from PIL import Image

    with Image.open(path) as opened:
        values = np.asarray(opened.convert("RGB" if shape[0] == 3 else "L"))
    values = values.reshape(*values.shape[:2], shape[0]).transpose(2, 0, 1)
    if list(values.shape) != shape:
        size, wanted = values.shape[1:], shape[1:]
        raise Unreadable(
            f"it is {size[0]} by {size[1]}, the model takes {wanted[0]} by {wanted[1]}"
        )
    return values.astype(np.float32) * np.float32(high / 255)


if __name__ == "__main__":
    serve(prepare)
