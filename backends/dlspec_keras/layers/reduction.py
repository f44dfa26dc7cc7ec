"""Reductions: functions of `keras.ops`, whose axes count the batch."""

from __future__ import annotations

from functools import partial

from dlspec.backend.protocol import Emit, Emitted, Use, X
from dlspec.emit import python as py
from dlspec.expr import fixed
from dlspec.ops import reduction as r
from dlspec.ops.base import Op
from dlspec.ops.over_axes import leaves_nothing
from dlspec.ops.rules import all_axes
from dlspec_keras.layers.arithmetic import of_pairs
from dlspec_keras.layers.common import as_float, front, function, keras_axis
from dlspec_keras.layers.lengths import real


def axes(use: Use) -> int | tuple[int, ...] | None:
    """The axes that become one place, with the batch's in front; None where there is none."""
    x = use.x[0]
    rank = x.rank + front(x)
    found = sorted(keras_axis(a, x) % rank for a in all_axes(use.op.axis, x))
    if len(found) != 1:
        return tuple(found) or None
    return -1 if found[0] == rank - 1 else found[0]


def reduction(name: str, use: Use) -> Emitted:
    axis = axes(use)
    return Emitted(X[0]) if axis is None else function(name, **given(use))


def given(use: Use) -> dict[str, object]:
    """The axes, where there are others, and whether they stay."""
    alone = leaves_nothing(use.op.axis, use.x[0]) and not use.op.keepdims
    return ({} if alone else {"axis": axes(use)}) | stay(use)


def stay(use: Use) -> dict[str, object]:
    return {"keepdims": use.field("keepdims").or_default(False)}


def counted(name: str, use: Use) -> Emitted:
    """Of true and false a real number."""
    if use.x[0].dtype != "bool":
        return reduction(name, use)
    axis, value = axes(use), as_float(X[0])
    call = value.call if axis is None else py.call(f"ops.{name}", value.call, **given(use))
    return Emitted(call, helpers=value.helpers)


def spread(name: str, use: Use) -> Emitted:
    """Keras divides by n only."""
    if use.named:
        correction = use.fixed(int(use.op.unbiased)).or_default(0)
        call: py.Expr = py.call("masked_var", X[0], real(use), axes(use), correction, **stay(use))
        call = py.call("ops.sqrt", call) if name == "std" else call
        return Emitted(call, helpers=("masked_var", "sequence_mask"))
    made = reduction(name, use)
    if not use.op.unbiased:
        return made
    n = use.op.count(use.x[0])
    share: py.Expr = py.Binary(use.fixed(int(n)), "/", use.fixed(int(n) - 1))
    helpers: tuple[str, ...] = ()
    if not fixed(n):
        share, helpers = py.call("unbiased", X[0], axis=axes(use)), ("unbiased",)
    if name == "std":
        share = py.Binary(share, "**", use.fixed(0.5))
    return Emitted(py.Binary(made.call, "*", share), helpers=helpers)


def norm(use: Use) -> Emitted:
    axis = axes(use)
    if axis is None:
        return function("abs")
    match use.op.p:
        case 1.0:
            return Emitted(py.call("ops.sum", py.call("ops.abs", X[0]), **given(use)))
        case 2.0:
            call = py.call("vector_norm", X[0], axis=axis, **stay(use))
            return Emitted(call, helpers=("vector_norm",))
        case "inf":
            return Emitted(py.call("ops.max", py.call("ops.abs", X[0]), **given(use)))
    call = py.call("p_norm", X[0], use.field("p"), axis=axis, **stay(use))
    return Emitted(call, helpers=("p_norm",))


def extreme(reduce: str, compare: str, use: Use) -> Emitted:
    return reduction(reduce, use) if len(use.x) == 1 else of_pairs(compare, use)


LAYERS: dict[type[Op], Emit] = {
    r.sum: partial(counted, "sum"),
    r.mean: partial(counted, "mean"),
    r.prod: partial(reduction, "prod"),
    r.var: partial(spread, "var"),
    r.std: partial(spread, "std"),
    r.logsumexp: partial(reduction, "logsumexp"),
    r.norm: norm,
    r.any: partial(reduction, "any"),
    r.all: partial(reduction, "all"),
    r.max: partial(extreme, "max", "maximum"),
    r.min: partial(extreme, "min", "minimum"),
}
