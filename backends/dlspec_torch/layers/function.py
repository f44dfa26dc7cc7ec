"""Functions without weights."""

from __future__ import annotations

from collections.abc import Mapping

from dlspec.backend.protocol import Emit, Emitted, Slot, Use, X
from dlspec.emit import python as py
from dlspec.ops import function as f
from dlspec.ops.base import Op
from dlspec.tensor import FLOATS
from dlspec_torch.layers.activation import plain
from dlspec_torch.layers.arithmetic import operand
from dlspec_torch.layers.common import batched, dim, method


def axes(use: Use) -> Slot:
    """The axes that a reduction takes, as `dim` of the batch; never the batch itself."""
    axis = use.op.axis
    if isinstance(axis, int):
        return dim(use, -1)
    every = tuple(range(use.x[0].rank)) if axis is None else axis
    dims = tuple(batched(a) for a in every)
    return use.fixed(dims[0] if len(dims) == 1 else dims)


def mean(use: Use) -> Emitted:
    return Emitted(method(X[0], "mean", axes(use)) if use.x[0].rank else X[0])


def total(use: Use) -> Emitted:
    if use.x[0].rank == 0:
        return Emitted(X[0])
    if use.x[0].dtype in FLOATS:
        return Emitted(method(X[0], "sum", axes(use)))
    # PyTorch adds up integers as 64 bits.
    kept = py.Code({"i8": "torch.int8", "i32": "torch.int32", "i64": "torch.int64"}[use.x[0].dtype])
    return Emitted(method(X[0], "sum", axes(use), dtype=kept))


def extreme(reduction: str, of_two: str, bound: str) -> Emit:
    """Of one tensor a reduction; of two, or of a tensor and a number, pair by pair."""

    def emit(use: Use) -> Emitted:
        if len(use.x) == 1:
            return Emitted(method(X[0], reduction, axes(use)) if use.x[0].rank else X[0])
        for i, number in use.scalars.items():
            return Emitted(method(X[1 - i], "clamp", **{bound: number}))
        return Emitted(py.call(of_two, operand(use, 0), operand(use, 1)))

    return emit


LAYERS: Mapping[type[Op], Emit] = {
    f.exp: plain("torch.exp"),
    f.log: plain("torch.log"),
    f.sqrt: plain("torch.sqrt"),
    f.abs: plain("torch.abs"),
    f.mean: mean,
    f.sum: total,
    f.max: extreme("amax", "torch.maximum", "min"),
    f.min: extreme("amin", "torch.minimum", "max"),
}
