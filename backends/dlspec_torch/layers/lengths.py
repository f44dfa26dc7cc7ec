"""Lengths of rows that are padded, and masks of their real places."""

from __future__ import annotations

from collections.abc import Mapping

from dlspec.backend.protocol import Emit, Emitted, Hole, Use, X
from dlspec.emit import python as py
from dlspec.ops import lengths as o
from dlspec.ops.base import Op
from dlspec.tensor import FLOATS
from dlspec_torch.layers.common import batched, method


def full(use: Use) -> Emitted:
    """Without padding, the size of the axis."""
    x = use.x[0]
    size = py.Index(py.Attribute(X[0], "shape"), use.fixed(batched(use.op.axis % x.rank, x)))
    shape = py.Tuple((py.Index(py.Attribute(X[0], "shape"), py.literal(0)),))
    return Emitted(method(X[0], "new_full", shape, size, dtype=py.Atom("torch.int32")))


def sequence_mask(use: Use) -> Emitted:
    x = use.x[0]
    axis = use.fixed(batched(use.op.axis % x.rank, x)).or_default(1)
    made = py.call("sequence_mask", X[0], X[1], axis)
    if use.op.whole and x.rank > 1:
        made = method(made, "expand_as", X[0])
    return Emitted(made, helpers=("sequence_mask",))


def mask_padding(use: Use) -> Emitted:
    x = use.x[0]
    axis = use.fixed(batched(use.op.axis % x.rank, x)).or_default(1)
    if x.dtype == "bool":  # of which tracing knows no numbers
        real: py.Expr = py.call("sequence_mask", X[0], X[1], axis)
        made = py.Binary(X[0], "|", py.Unary("~", real)) if use.op.value else None
        return Emitted(made or py.Binary(X[0], "&", real), helpers=("sequence_mask",))
    given = use.fixed(use.op.value if x.dtype in FLOATS else int(use.op.value))
    call = py.call("mask_padding", X[0], X[1], given, axis)
    return Emitted(call, helpers=("mask_padding", "sequence_mask"))


def real(use: Use) -> py.Expr:
    """A mask of the places that an op is told to count, by its inputs `lengths_AXIS`."""
    found: py.Expr | None = None
    for name in use.named:
        axis = use.fixed(int(name.removeprefix("lengths_")) + 1).or_default(1)
        one = py.call("sequence_mask", X[0], Hole(name), axis)
        found = one if found is None else py.Binary(found, "&", one)
    assert found is not None
    return found


LAYERS: Mapping[type[Op], Emit] = {
    o.lengths: full,
    o.mask_padding: mask_padding,
    o.sequence_mask: sequence_mask,
}
