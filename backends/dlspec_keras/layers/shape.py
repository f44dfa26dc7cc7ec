"""Layers that change the shape and no number, and the borders of channels-last regions."""

from __future__ import annotations

from dlspec.backend.protocol import Emit, Emitted, Inputs, Use, X
from dlspec.backend.sizes import shaped
from dlspec.emit import python as py
from dlspec.ops.base import Op
from dlspec.ops.shape import Concat, Flatten, Reshape
from dlspec.passes.permute import Permute
from dlspec.passes.regions import moves_only_ones
from dlspec_keras.layers.common import axis_slot, length


def reshape(use: Use) -> Emitted:
    """To the sizes of the output as they are kept."""
    stored = use.y[0].stored
    roles = [f"size_{i}" for i in range(len(stored))]
    shape = shaped(use, stored, roles, length)
    return Emitted(py.call("ops.reshape", X[0], py.Tuple(tuple(shape))))


def permute(use: Use) -> Emitted:
    """A transpose, or a reshape where only axes of size 1 move."""
    if moves_only_ones(use.x[0]):
        return reshape(use)
    rank = use.x[0].rank
    moved = (*range(1, rank), 0) if use.op.order == "last" else (rank - 1, *range(rank - 1))
    axes = moved if use.x[0].common else (0, *(a + 1 for a in moved))
    return Emitted(py.call("ops.transpose", X[0], axes))


def concat(use: Use) -> Emitted:
    axis = axis_slot(use, use.op.axis or 0)
    return Emitted(py.call("ops.concatenate", Inputs(), axis=axis))


LAYERS: dict[type[Op], Emit] = {
    Flatten: reshape,
    Reshape: reshape,
    Concat: concat,
    Permute: permute,
}
