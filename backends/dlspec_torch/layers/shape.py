"""Layers that change the shape and no number."""

from __future__ import annotations

from collections.abc import Mapping

from dlspec.backend.protocol import Emit, Emitted, Inputs, Use, X
from dlspec.backend.sizes import shaped, slot
from dlspec.emit import python as py
from dlspec.expr import fixed
from dlspec.ops.base import Op
from dlspec.ops.shape import Concat, Flatten, Reshape
from dlspec_torch.layers.common import batched, dim, length, method


def flatten(use: Use) -> Emitted:
    x = use.x[0]
    if x.rank == 0:
        return Emitted(py.Index(X[0], py.Tuple((py.Slice(), py.literal(None)))))
    axes = use.op.joined(x)
    end = -1 if axes[-1] == x.rank - 1 else batched(axes[-1], x)
    return Emitted(method(X[0], "flatten", batched(axes[0], x), use.fixed(end).or_default(-1)))


def reshape(use: Use) -> Emitted:
    before, sizes = use.x[0].shape, use.y[0].shape
    kept = max((i + 1 for i, s in enumerate(before) if not fixed(s)), default=0)
    if kept and before[:kept] == sizes[:kept] and len(before) == kept + 1 < len(sizes):
        parts = tuple(slot(use, s, "size") for s in sizes[kept:])
        dim = kept + (not use.x[0].common)
        call = py.call("split_axis", X[0], dim, py.Tuple(parts))
        return Emitted(call, helpers=("split_axis",))
    return Emitted(method(X[0], "reshape", *shaped(use, sizes, ["size"] * len(sizes), length)))


def concat(use: Use) -> Emitted:
    return Emitted(py.call("torch.cat", Inputs(), dim=dim(use, 0)))


LAYERS: Mapping[type[Op], Emit] = {Flatten: flatten, Reshape: reshape, Concat: concat}
