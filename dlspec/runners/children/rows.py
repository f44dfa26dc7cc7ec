"""Writes the rows of a part of the data as the model takes them. NumPy only.

A task names the `program` folder, the `part`, each of the model's `inputs` with the field that
feeds it, those that are computed in training and `drawn` here, with dtype and shape, the least and
the greatest of the `lengths` that are drawn too, the shape of those that are as long as the
`longest` row may be, the `names` of all in the order of the model, and the NPZ file `outputs`.
"""

from __future__ import annotations

from importlib import import_module

import numpy as np
from serving import Task, enter, serve


def write(task: Task) -> Task:
    """Writes the inputs, in the order of the task."""
    enter(task["program"])
    rows = import_module("data").load()[task["part"]]
    found = {name: rows[field] for name, field in task["inputs"].items()}
    count = len(next(iter(rows.values())))
    generator = np.random.default_rng(0)
    for name, (dtype, shape) in task["drawn"].items():
        found[name] = drawn(generator, dtype, (count, *shape))
    for name, (least, most) in task["lengths"].items():
        found[name] = generator.integers(least, most + 1, count).astype(np.int32)
    for name, shape in task["longest"].items():
        sides = (
            (0, wanted - size) for wanted, size in zip(shape, found[name].shape[1:], strict=True)
        )
        found[name] = np.pad(found[name], ((0, 0), *sides))
    np.savez(task["outputs"], **{name: found[name] for name in task["names"]})
    return {"rows": count}


def drawn(generator: np.random.Generator, dtype: str, shape: tuple[int, ...]) -> np.ndarray:
    """Any numbers of a type: 0 and 1, which every table and class has, where they are whole."""
    if dtype in WHOLE:
        return generator.integers(0, 2, shape).astype(WHOLE[dtype])
    return generator.standard_normal(shape, np.float32)


WHOLE = {"i8": "int8", "i32": "int32", "i64": "int64", "class": "int64", "bool": "bool"}


if __name__ == "__main__":
    serve(write)
