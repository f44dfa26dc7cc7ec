"""Lengths of rows that are padded, and masks of their real places."""

from __future__ import annotations

from dlspec.backend.protocol import Emit, Emitted, Hole, Use, X
from dlspec.emit import python as py
from dlspec.ops import lengths as o
from dlspec.ops.base import Op
from dlspec.tensor import FLOATS
from dlspec_keras.layers.common import kept_axis, length


def full(use: Use) -> Emitted:
    """Without padding, the size of the axis."""
    size = length(X[0], use.op.axis % use.x[0].rank + 1)
    shape = py.Tuple((length(X[0], 0),))
    return Emitted(py.call("ops.full", shape, size, dtype=py.literal("int32")))


def sequence_mask(use: Use) -> Emitted:
    axis = use.fixed(kept_axis(use.op.axis, use.x[0]) + 1).or_default(1)
    made = py.call("sequence_mask", X[0], X[1], axis)
    if use.op.whole and use.x[0].rank > 1:
        made = py.call("ops.broadcast_to", made, py.call("ops.shape", X[0]))
    return Emitted(made, helpers=("sequence_mask",))


def mask_padding(use: Use) -> Emitted:
    x = use.x[0]
    axis = use.fixed(kept_axis(use.op.axis, x) + 1).or_default(1)
    value = use.op.value if x.dtype in FLOATS else int(use.op.value)
    given = use.fixed(bool(value) if x.dtype == "bool" else value)
    call = py.call("mask_padding", X[0], X[1], given, axis)
    return Emitted(call, helpers=("mask_padding", "sequence_mask"))


def real(use: Use) -> py.Expr:
    """A mask of the places that an op is told to count, by its inputs `lengths_AXIS`."""
    found: py.Expr | None = None
    for name in use.named:
        axis = kept_axis(int(name.removeprefix("lengths_")), use.x[0]) + 1
        place = use.fixed(axis).or_default(1)
        one = py.call("sequence_mask", X[0], Hole(name), place)
        found = one if found is None else py.call("ops.logical_and", found, one)
    assert found is not None
    return found


LAYERS: dict[type[Op], Emit] = {
    o.lengths: full,
    o.mask_padding: mask_padding,
    o.sequence_mask: sequence_mask,
}
