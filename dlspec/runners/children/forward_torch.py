"""Runs the model of a PyTorch program on arrays.

A task names the `program` folder, its `model` class, the `weights` file, the floating-point `dtype`
and two NPZ files: `inputs` (in the order of `forward`) and `outputs`. `names` are the outputs'.
"""

from __future__ import annotations

from importlib import import_module
from pathlib import Path

import numpy as np
import torch
from serving import Task, enter, serve

ROWS = 64
"""Rows that go through the model together."""


def forward(task: Task) -> Task:
    """Writes the outputs."""
    enter(task["program"])
    dtype = getattr(torch, task["dtype"])
    torch.set_default_dtype(dtype)  # before construction: `.double()` afterwards is less exact
    model = getattr(import_module("model"), task["model"])().eval()
    with torch.inference_mode():
        import_module("checkpoint").load(Path(task["weights"]), model)
        arrays = np.load(task["inputs"])
        inputs = [tensor(arrays[name], dtype) for name in arrays.files]
        parts = []
        for start in range(0, len(inputs[0]), ROWS):
            made = model(*(x[start : start + ROWS] for x in inputs))
            parts.append(made if isinstance(made, dict) else {task["names"][0]: made})
    found = {name: torch.cat([p[name] for p in parts]).numpy() for name in task["names"]}
    np.savez(task["outputs"], **found)
    return {"outputs": task["outputs"]}


def tensor(array: np.ndarray, dtype: torch.dtype) -> torch.Tensor:
    """Numbers in the model's floating-point type, classes and ids as integers."""
    made = torch.from_numpy(array)
    return made.to(dtype) if made.is_floating_point() else made


if __name__ == "__main__":
    torch.set_num_threads(1)
    serve(forward)
