"""Functions along one axis that compare or add up its places."""

from __future__ import annotations

from functools import partial

from dlspec.backend.protocol import Emit, Emitted, Use, X
from dlspec.emit import python as py
from dlspec.ops import ordering as o
from dlspec.ops.base import Op
from dlspec.tensor import FLOATS
from dlspec_keras.layers.common import axis_slot, function


def place(name: str, use: Use) -> Emitted:
    """Of real numbers TFLite has no such operator as Keras makes."""
    axis, stay = axis_slot(use, use.op.place), use.field("keepdims").or_default(False)
    if use.x[0].dtype not in FLOATS:
        return function(name, axis=axis, keepdims=stay)
    x = py.Unary("-", X[0]) if name == "argmin" else X[0]
    call = py.call("argmax", x, axis=axis.or_default(-1), keepdims=stay)
    return Emitted(call, helpers=("argmax",))


def topk(use: Use) -> Emitted:
    axis = axis_slot(use, use.op.place)
    if axis.value == -1:
        return function("top_k", use.field("k"))
    return Emitted(py.call("topk", X[0], use.field("k"), axis), helpers=("topk",))


def sort(use: Use) -> Emitted:
    axis = axis_slot(use, use.op.place)
    made = function("sort", axis=axis.or_default(-1)).call
    return Emitted(py.call("ops.flip", made, axis=axis) if use.op.descending else made)


def argsort(use: Use) -> Emitted:
    x = py.Unary("-", X[0]) if use.op.descending else X[0]
    return Emitted(py.call("ops.argsort", x, axis=axis_slot(use, use.op.place).or_default(-1)))


def cumsum(use: Use) -> Emitted:
    return function("cumsum", axis=axis_slot(use, use.op.place))


def cumprod(use: Use) -> Emitted:
    """TFLite has none."""
    axis = axis_slot(use, use.op.place)
    return Emitted(py.call("cumprod", X[0], axis), helpers=("cumprod",))


LAYERS: dict[type[Op], Emit] = {
    o.argmax: partial(place, "argmax"),
    o.argmin: partial(place, "argmin"),
    o.topk: topk,
    o.sort: sort,
    o.argsort: argsort,
    o.cumsum: cumsum,
    o.cumprod: cumprod,
}
