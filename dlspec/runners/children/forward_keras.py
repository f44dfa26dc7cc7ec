"""Runs the model of a Keras program on arrays.

A task names the `program` folder, its `model` class, the `weights` file, the floating-point `dtype`
and two NPZ files: `inputs` and `outputs`. `names` are the outputs'; `last` are the inputs that the
program takes channels-last.
"""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import Any

import keras
import numpy as np
from serving import Task, enter, serve

ROWS = 64
"""Rows that go through the model together."""


def forward(task: Task) -> Task:
    """Writes the outputs."""
    enter(task["program"])
    keras.backend.set_floatx(task["dtype"])
    keras.utils.clear_session()
    arrays = np.load(task["inputs"])
    inputs = {name: array(arrays[name], task, name) for name in arrays.files}
    model = getattr(import_module("model"), task["model"])()
    model(
        taken(
            {n: keras.KerasTensor((None, *x.shape[1:]), x.dtype) for n, x in inputs.items()}, task
        )
    )
    import_module("checkpoint").load(Path(task["weights"]), model)
    rows = len(next(iter(inputs.values())))
    parts = []
    for start in range(0, rows, ROWS):
        tensors = {
            n: keras.ops.convert_to_tensor(x[start : start + ROWS]) for n, x in inputs.items()
        }
        made = model(taken(tensors, task))
        made = made if isinstance(made, dict) else {task["names"][0]: made}
        parts.append({name: keras.ops.convert_to_numpy(y) for name, y in made.items()})
    found = {name: np.concatenate([p[name] for p in parts]) for name in task["names"]}
    np.savez(task["outputs"], **found)
    return {"outputs": task["outputs"]}


def array(values: np.ndarray, task: Task, name: str) -> np.ndarray:
    """Numbers in the model's floating-point type, and images as the program takes them."""
    if values.dtype.kind == "f":
        values = values.astype(task["dtype"])
    return np.moveaxis(values, 1, -1) if name in task["last"] else values


def taken(inputs: dict[str, Any], task: Task) -> Any:
    """Several inputs come as a dict, one as it is, unless the model has a state beside it."""
    several = len(inputs) > 1 or task.get("stateful", False)
    return inputs if several else next(iter(inputs.values()))


if __name__ == "__main__":
    serve(forward)
