"""Layers that change the shape and no number."""

from __future__ import annotations

from collections.abc import Mapping

from dlspec.backend.protocol import Emit, Emitted, Inputs, Use, X
from dlspec.emit import python as py
from dlspec.expr import origin
from dlspec.ops.base import Op
from dlspec.ops.shape import Concat, Flatten, Reshape
from dlspec_torch.layers.common import dim, method


def flatten(use: Use) -> Emitted:
    if use.x[0].rank == 0:
        return Emitted(py.Index(X[0], py.Tuple((py.Slice(), py.literal(None)))))
    return Emitted(method(X[0], "flatten", 1))


def reshape(use: Use) -> Emitted:
    sizes = (use.given(int(s), "size", origin(s)) for s in use.y[0].shape)
    return Emitted(method(X[0], "reshape", -1, *sizes))


def concat(use: Use) -> Emitted:
    return Emitted(py.call("torch.cat", Inputs(), dim=dim(use, 0)))


LAYERS: Mapping[type[Op], Emit] = {Flatten: flatten, Reshape: reshape, Concat: concat}
