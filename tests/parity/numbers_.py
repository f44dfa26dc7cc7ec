"""Random inputs and weights, as parity.md asks: nothing is fresh, nothing is small."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import prod

import numpy as np
from cases import Input

from dlspec.cost import weights
from dlspec.ir.model import ModelIR
from dlspec.ops.base import Weight

Array = np.ndarray


def drawn_inputs(model: ModelIR, given: Sequence[Input], rows: int, seed: int) -> dict[str, Array]:
    """Numbers for each input of the model, in its order, exact in float32. Rows differ in size,
    so that their largest numbers do."""
    rng = np.random.default_rng(seed)
    ranges = {x.name: (x.low, x.high) for x in given}
    found = {}
    for name, t in model.root.inputs:
        low, high = ranges.get(name, (-2.0, 2.0))
        shape = (rows, *(int(s) for s in t.shape))
        if t.dtype == "f32":
            size = np.linspace(0.5, 1.0, rows).reshape(-1, *(1 for _ in t.shape))
            found[name] = (size * rng.uniform(low, high, shape)).astype(np.float32)
        else:
            kind = {"class": "int64"}.get(t.dtype, t.dtype.replace("i", "int"))
            made = rng.integers(max(int(np.ceil(low)), 0), t.classes or int(high), shape)
            found[name] = made.astype(kind)
    return found


def drawn_weights(model: ModelIR, seed: int) -> dict[str, Array]:
    """Kernels that keep the size of what passes through, norms that shift and scale."""
    rng = np.random.default_rng(seed)
    arrays = weights(model)
    found = {name: drawn(name, w, rng) for name, w in arrays.items()}
    for name, w in arrays.items():
        if name.endswith("._u"):
            place = name.removesuffix("0._u")
            rows = np.moveaxis(found[place + "original"], w.init.axis, 0).reshape(
                len(found[name]), -1
            )
            towards(rows, found[name], found[place + "0._v"])
    return found


def towards(rows: Array, u: Array, v: Array) -> None:
    """Brings two vectors near to those of the greatest singular value."""
    for _ in range(3):
        u[:] = rows @ v / np.linalg.norm(rows @ v)
        v[:] = rows.T @ u / np.linalg.norm(rows.T @ u)


def drawn(name: str, w: Weight, rng: np.random.Generator) -> Array:
    shape = tuple(int(s) for s in w.shape)
    last = name.rpartition(".")[2]
    if last == "running_var":
        made = rng.uniform(0.5, 2.0, shape)
    elif last == "running_mean" or last.startswith("bias"):
        made = rng.uniform(-0.5, 0.5, shape)
    elif len(shape) == 1 or last == "original0":
        made = rng.uniform(0.5, 1.5, shape)
    elif "embedding" in name:
        made = rng.uniform(-2.0, 2.0, shape)
    else:
        made = rng.normal(0.0, 1 / np.sqrt(prod(shape[1:])), shape)
    return made.astype(np.float32)


def difference(found: Array, reference: Array) -> float:
    """max |a - b| / max |reference|, as parity.md defines agreement."""
    if found.shape != reference.shape:
        return float("inf")
    scale = np.abs(reference).max()
    apart = np.abs(found.astype(np.float64) - reference.astype(np.float64)).max()
    return float(apart / scale) if scale else float(apart)


def change(reference: Mapping[str, Array]) -> dict[str, float]:
    """How much of its size each output changes from row to row."""
    numbers = ((name, y.astype(np.float64)) for name, y in reference.items())
    return {name: float(np.ptp(y, axis=0).max() / (np.abs(y).max() or 1.0)) for name, y in numbers}
