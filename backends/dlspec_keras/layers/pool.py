"""Pooling. Windows are counted channels-last; pads are explicit where `same` is not theirs."""

from __future__ import annotations

from functools import partial

from dlspec.backend.protocol import Emit, Emitted, Slot, Use, X
from dlspec.emit import python as py
from dlspec.ops.base import Op
from dlspec.ops.pool import (
    AvgPool1D,
    AvgPool2D,
    GlobalAvgPool1D,
    GlobalAvgPool2D,
    GlobalMaxPool1D,
    GlobalMaxPool2D,
    MaxPool1D,
    MaxPool2D,
)
from dlspec_keras.layers.common import function, kept_axis
from dlspec_keras.layers.conv import equals_same, is_valid, pad_slots, padded


def pool(name: str, use: Use, x: py.Expr, padding: str = "valid") -> py.Call:
    """A window's reduction. `strides` is written out: without it JAX fails."""
    stride = use.field("kernel" if use.op.stride is None else "stride")
    same = use.fixed(padding).or_default("valid")
    return py.call(f"ops.{name}", x, use.field("kernel"), strides=stride, padding=same)


def max_pool(use: Use) -> Emitted:
    if equals_same(use):
        return Emitted(pool("max_pool", use, X[0], "same"))
    if is_valid(use):
        return Emitted(pool("max_pool", use, X[0]))
    pads = use.op.pads(use.x[0])
    sizes = zip(pads, use.op.kernels, use.x[0].shape[1:], strict=True)
    if all(2 * max(p) <= k and max(p) <= n for p, k, n in sizes):
        # What is mirrored stands in the same window; -inf would spoil the range of an int8 tensor.
        x = padded(X[0], pad_slots(use), mode="symmetric")
    else:
        x = padded(X[0], pad_slots(use), constant_values=py.call("float", "-inf"))
    return Emitted(pool("max_pool", use, x))


def average_pool(use: Use) -> Emitted:
    if is_valid(use):
        return Emitted(pool("average_pool", use, X[0]))
    if use.op.count_include_pad:
        return Emitted(pool("average_pool", use, padded(X[0], pad_slots(use))))
    if equals_same(use):
        return Emitted(pool("average_pool", use, X[0], "same"))
    stride = use.field("kernel" if use.op.stride is None else "stride")
    widths: tuple[tuple[Slot, Slot], ...] = pad_slots(use)
    pads = py.Tuple(tuple(py.Tuple(pair) for pair in widths))
    call = py.call("padded_average", X[0], use.field("kernel"), stride, pads)
    return Emitted(call, helpers=("padded_average",))


def reduction(name: str, use: Use) -> Emitted:
    axes = sorted(kept_axis(a, use.x[0]) + 1 for a in range(1, use.x[0].rank))
    return function(name, axis=axes[0] if len(axes) == 1 else tuple(axes))


LAYERS: dict[type[Op], Emit] = {
    MaxPool1D: max_pool,
    MaxPool2D: max_pool,
    AvgPool1D: average_pool,
    AvgPool2D: average_pool,
    GlobalAvgPool1D: partial(reduction, "mean"),
    GlobalAvgPool2D: partial(reduction, "mean"),
    GlobalMaxPool1D: partial(reduction, "max"),
    GlobalMaxPool2D: partial(reduction, "max"),
}
