"""Compares the outputs of several runtimes, and scores each on its task. NumPy only.

A task names the `program` folder and the `part` of its data, whether the metrics are `scored` (not
where they read more than the model's outputs), the outputs of the reference as NPZ
files in both precisions (`reference`, `reference64`), those `found` by runtime, and how many `rows`
are compared. The scores are those of all rows. Of outputs on whose axes rows differ, `real` has the
axis, the one of the `inputs` with the lengths, and how many places are real at each length.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

import numpy as np
from finite import nan_rows
from serving import Task, enter, serve

FP32 = 1e-5
"""The tolerance, unless the reference itself is less exact."""


def compare(task: Task) -> Task:
    """For each runtime and output how far it is from the reference, and what it is allowed."""
    enter(task["program"])
    rows = task["rows"]
    real = masks(task)
    reference = read(task["reference"], real)
    exact = read(task["reference64"], real)
    if broken := nan_rows(reference):
        return {"nan": broken}
    limits = {}
    for name, y in reference.items():
        own = difference(y[:rows], exact[name][:rows])
        limits[name] = max(FP32, 3 * own) if np.isfinite(own) else FP32
    part = task["part"] if task["scored"] else ""
    found = {runtime: read(path, real) for runtime, path in task["found"].items()}
    return {
        "limits": limits,
        "differences": {
            runtime: {
                name: difference(y[:rows], reference[name][:rows]) for name, y in made.items()
            }
            for runtime, made in found.items()
        },
        "noise": {
            runtime: {name: ratio(y[:rows], reference[name][:rows]) for name, y in made.items()}
            for runtime, made in found.items()
        },
        "scores": {
            "reference": scores(part, reference),
            **{runtime: scores(part, made) for runtime, made in found.items()},
        },
    }


def masks(task: Task) -> dict[str, list[tuple[int, np.ndarray]]]:
    """For each output on whose axes rows differ: the axis, and how many of its places are real."""
    inputs = np.load(task["inputs"])
    return {
        name: [(axis, np.array(table)[inputs[lengths]]) for axis, lengths, table in axes]
        for name, axes in task["real"].items()
    }


def read(path: str, real: dict[str, list[tuple[int, np.ndarray]]]) -> dict[str, np.ndarray]:
    """The outputs, with 0 at what pads the rows, where runtimes may give anything."""
    arrays = np.load(path)
    found = {name: arrays[name] for name in arrays.files}
    for name in found:
        for axis, lengths in real.get(name, ()):  # a file may have one network of several
            y = np.moveaxis(found[name], axis, 1).copy()
            y[np.arange(y.shape[1]) >= lengths[:, None]] = 0
            found[name] = np.moveaxis(y, 1, axis)
    return found


def difference(found: np.ndarray, reference: np.ndarray) -> float:
    """max |a - b| / max |reference|, which may have infinities where `found` has the same; infinite
    where something else is not finite."""
    if found.shape != reference.shape:
        return float("inf")
    a, b = found.astype(np.float64), reference.astype(np.float64)
    finite = ~(np.isinf(a) & (a == b))
    a, b = a[finite], b[finite]
    if not (np.isfinite(a).all() and np.isfinite(b).all()):
        return float("inf")
    scale = float(np.abs(b).max(initial=0.0))
    apart = float(np.abs(a - b).max(initial=0.0))
    return apart / scale if scale else apart


def ratio(found: np.ndarray, reference: np.ndarray) -> float | None:
    """The signal-to-noise ratio in dB; None where there is no noise."""
    signal = np.square(reference.astype(np.float64)).mean()
    noise = np.square(found.astype(np.float64) - reference.astype(np.float64)).mean()
    return float(10 * np.log10(signal / noise)) if noise and signal else None


def scores(part: str, outputs: dict[str, np.ndarray]) -> dict[str, float]:
    """The metrics of the spec that are numbers."""
    score = getattr(import_module("recipe"), "scores", None)
    if score is None or not part:
        return {}
    found: dict[str, Any] = score(outputs, import_module("data").load()[part])
    return {name: value for name, value in found.items() if isinstance(value, float)}


if __name__ == "__main__":
    serve(compare)
