"""Pooling. Windows are counted channels-last; pads are explicit where `same` is not theirs."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial

from dlspec.backend.protocol import Emit, Emitted, Slot, Use, X
from dlspec.emit import python as py
from dlspec.expr import Const, fixed
from dlspec.ops import adaptive, global_pool, lp_pool
from dlspec.ops import pool as windows
from dlspec.ops import unpool as back
from dlspec.ops.base import Op
from dlspec_keras.layers.common import function, kept_axis
from dlspec_keras.layers.conv import equals_same, is_valid, pad_slots, padded, window_slots


def pool(name: str, use: Use, x: py.Expr, padding: str = "valid") -> Emitted:
    """A window's reduction. `strides` is written out: without it JAX fails."""
    if use.op.places == 3:
        sizes = (use.given(use.op.kernels, "kernel"), use.given(use.op.strides, "stride"))
        return helped(py.call("pool3d", py.Code(f"ops.{name}"), x, *sizes))
    stride = use.field("kernel" if use.op.stride is None else "stride")
    same = use.fixed(padding).or_default("valid")
    return Emitted(py.call(f"ops.{name}", x, use.field("kernel"), strides=stride, padding=same))


def max_pool(use: Use) -> Emitted:
    if use.op.returns != ("values",):
        return found(use)
    if set(use.op.dilations) != {1}:
        return dilated(use)
    if equals_same(use) and use.op.places < 3:
        return pool("max_pool", use, X[0], "same")
    if is_valid(use):
        return pool("max_pool", use, X[0])
    pads = use.op.pads(use.x[0])
    sizes = zip(pads, use.op.kernels, use.x[0].shape[1:], strict=True)
    if all(2 * max(p) <= k and max(p) <= (n if fixed(n) else 1) for p, k, n in sizes):
        # What is mirrored stands in the same window; -inf would spoil the range of an int8 tensor.
        x = padded(X[0], widths(use), mode="symmetric")
    else:
        x = padded(X[0], widths(use), constant_values=py.call("float", "-inf"))
    return pool("max_pool", use, x)


def dilated(use: Use) -> Emitted:
    x: py.Expr = X[0]
    if any(map(any, use.op.pads(use.x[0]))):
        x = padded(X[0], widths(use), constant_values=py.call("float", "-inf"))
    return helped(py.call("dilated_max_pool", x, *window_slots(use)))


def found(use: Use) -> Emitted:
    """The greatest and their places, an axis at a time: Keras has no such function."""
    around: dict[str, py.Expr] = {}
    if any(map(any, use.op.pads(use.x[0]))):
        around["pads"] = py.Tuple(tuple(py.Tuple(pair) for pair in widths(use)))
    call: py.Expr = py.call("max_pool_places", X[0], *window_slots(use), **around)
    if use.op.returns != ("values", "places"):
        index = py.literal(1) if use.op.returns == ("places",) else py.Slice(step=py.literal(-1))
        call = py.Index(call, index)
    return Emitted(call, helpers=("max_pool_places",), imports=("import math",))


def unpool(use: Use) -> Emitted:
    size = use.given(use.op.target(use.x[0]), "size")
    call = py.call("max_unpool", X[0], X[1], size)
    return Emitted(call, helpers=("max_unpool",), imports=("import math",))


def average_pool(use: Use) -> Emitted:
    if use.op.divisor is not None:
        x: py.Expr = X[0] if is_valid(use) else padded(X[0], widths(use))
        mean = pool("average_pool", use, x)
        share = use.given(use.op.share, "share", Const(use.op.share))
        return Emitted(py.Binary(mean.call, "*", share), helpers=mean.helpers)
    if is_valid(use):
        return pool("average_pool", use, X[0])
    over = use.op.overhangs(use.x[0])
    if use.op.count_include_pad:
        declared = [
            (before, after - more)
            for (before, after), more in zip(use.op.pads(use.x[0]), over, strict=True)
        ]
        x = X[0]
        if any(map(any, declared)):
            x = padded(X[0], literals(use, declared) if any(over) else pad_slots(use))
        if not any(over):
            return pool("average_pool", use, x)
        return uncounted(use, x, literals(use, [(0, more) for more in over]))
    if equals_same(use) and use.op.places < 3:
        return pool("average_pool", use, X[0], "same")
    return uncounted(use, X[0], widths(use))


def norms(use: Use) -> Emitted:
    x: py.Expr = X[0]
    if any(map(any, use.op.pads(use.x[0]))):
        x = padded(X[0], widths(use))
    sizes = (use.given(use.op.kernels, "kernel"), use.given(use.op.strides, "stride"))
    named = {"p": use.field("p").or_default(2.0)}
    if use.op.places < 3:
        call = py.call("lp_pool", x, *sizes, **named)
        return Emitted(call, helpers=("lp_pool",), imports=("import math",))
    windows = py.call("partial", py.Code("pool3d"), py.Code("ops.average_pool"))
    call = py.call("lp_pool", x, *sizes, **named, pool=windows)
    imports = ("import math", "from functools import partial")
    return Emitted(call, helpers=("lp_pool", "pool3d"), imports=imports)


def uncounted(use: Use, x: py.Expr, slots: tuple[tuple[Slot, Slot], ...]) -> Emitted:
    """The mean over what is not padded."""
    pads = py.Tuple(tuple(py.Tuple(pair) for pair in slots))
    if use.op.places == 3:
        sizes = (use.given(use.op.kernels, "kernel"), use.given(use.op.strides, "stride"))
        return helped(py.call("padded_average3d", x, *sizes, pads), "pool3d")
    stride = use.field("kernel" if use.op.stride is None else "stride")
    return helped(py.call("padded_average", x, use.field("kernel"), stride, pads))


def widths(use: Use) -> tuple[tuple[Slot, Slot], ...]:
    """The pads of each place axis, with what last windows reach over the end."""
    if not any(use.op.overhangs(use.x[0])):
        return pad_slots(use)
    return literals(use, use.op.pads(use.x[0]))


def literals(use: Use, pads: Iterable[tuple[int, int]]) -> tuple[tuple[Slot, Slot], ...]:
    return tuple((use.fixed(before), use.fixed(after)) for before, after in pads)


def adapted(name: str, use: Use) -> Emitted:
    """Where the size divides the places, ordinary windows: Keras's own functions make more of it
    than TFLite needs, or has operators for."""
    even = use.op.even(use.x[0])
    if even is None:
        reduction = py.Code({"max_pool": "ops.max", "average_pool": "ops.mean"}[name])
        counts = use.given(use.op.counts, "size")
        return helped(py.call("adaptive_pool", X[0], counts, reduction))
    if use.op.places == 3:
        sizes = use.given(even, "kernel")
        return helped(py.call("pool3d", py.Code(f"ops.{name}"), X[0], sizes, sizes))
    sizes = use.given(even if len(set(even)) > 1 else even[0], "kernel")
    return Emitted(py.call(f"ops.{name}", X[0], sizes, strides=sizes))


def helped(call: py.Call, *more: str) -> Emitted:
    """A call of a function of `verbatim/model.py`, and which others that needs."""
    return Emitted(call, helpers=(*more, str(call.callee)))


def reduction(name: str, use: Use) -> Emitted:
    axes = sorted(kept_axis(a, use.x[0]) + 1 for a in range(1, use.x[0].rank))
    kept = use.field("keepdims").or_default(False)
    return function(name, axis=axes[0] if len(axes) == 1 else tuple(axes), keepdims=kept)


LAYERS: dict[type[Op], Emit] = {
    **dict.fromkeys((windows.MaxPool1D, windows.MaxPool2D, windows.MaxPool3D), max_pool),
    **dict.fromkeys((windows.AvgPool1D, windows.AvgPool2D, windows.AvgPool3D), average_pool),
    **dict.fromkeys((lp_pool.LPPool1D, lp_pool.LPPool2D, lp_pool.LPPool3D), norms),
    **dict.fromkeys((back.MaxUnpool1D, back.MaxUnpool2D, back.MaxUnpool3D), unpool),
    adaptive.AdaptiveAvgPool1D: partial(adapted, "average_pool"),
    adaptive.AdaptiveAvgPool2D: partial(adapted, "average_pool"),
    adaptive.AdaptiveAvgPool3D: partial(adapted, "average_pool"),
    adaptive.AdaptiveMaxPool1D: partial(adapted, "max_pool"),
    adaptive.AdaptiveMaxPool2D: partial(adapted, "max_pool"),
    adaptive.AdaptiveMaxPool3D: partial(adapted, "max_pool"),
    global_pool.GlobalAvgPool1D: partial(reduction, "mean"),
    global_pool.GlobalAvgPool2D: partial(reduction, "mean"),
    global_pool.GlobalAvgPool3D: partial(reduction, "mean"),
    global_pool.GlobalMaxPool1D: partial(reduction, "max"),
    global_pool.GlobalMaxPool2D: partial(reduction, "max"),
    global_pool.GlobalMaxPool3D: partial(reduction, "max"),
}
