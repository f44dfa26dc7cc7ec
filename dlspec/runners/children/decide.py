"""Turns outputs into predictions: probabilities, and the classes that are likeliest. NumPy only.

A task names the NPZ file `outputs` of a model and for each output its `activation` (`softmax` over
`axis` of an example, `sigmoid`, or `none`), and with `undo` the factors and offsets that turn it
into the unit of what it predicts.
"""

from __future__ import annotations

import numpy as np
from finite import nan_rows
from serving import Task, serve


def decide(task: Task) -> Task:
    """For each output its values, and what was chosen where it is of classes."""
    outputs = np.load(task["outputs"])
    if broken := nan_rows(outputs):
        return {"nan": broken}
    found = {}
    for name, kind in task["heads"].items():
        y = outputs[name].astype(np.float64)
        if kind["activation"] == "none":
            for factor, offset in kind["undo"]:
                y = y * np.asarray(factor) + np.asarray(offset)
            found[name] = {"values": y.tolist()}
            continue
        p = softmax(y, kind["axis"]) if kind["activation"] == "softmax" else sigmoid(y)
        found[name] = {"values": p.tolist(), "chosen": chosen(p, kind).tolist()}
    return {"heads": found}


def chosen(p: np.ndarray, kind: dict[str, object]) -> np.ndarray:
    """The number of the likeliest class; of yes and no, whether yes is likelier."""
    if kind["activation"] == "sigmoid":
        return (p > 0.5).astype(np.int64)
    axis = kind["axis"]
    assert isinstance(axis, int)
    return p.argmax(axis if axis < 0 else axis + 1)


def softmax(y: np.ndarray, axis: int) -> np.ndarray:
    """Along an axis of an example."""
    along = axis if axis < 0 else axis + 1
    e = np.exp(y - y.max(along, keepdims=True))
    made: np.ndarray = e / e.sum(along, keepdims=True)
    return made


def sigmoid(y: np.ndarray) -> np.ndarray:
    made: np.ndarray = 0.5 * (1 + np.tanh(0.5 * y))  # never overflows
    return made


if __name__ == "__main__":
    serve(decide)
