"""Functions that put elements in other places."""

from __future__ import annotations

from dlspec.backend.protocol import Emit, Emitted, Inputs, Use, X
from dlspec.emit import python as py
from dlspec.ops import moving as m
from dlspec.ops.base import Op
from dlspec.ops.rules import all_axes
from dlspec_keras.layers.common import axis_slot, front, function, kept_axis, number
from dlspec_keras.layers.rearrange import kept


def stack(use: Use) -> Emitted:
    rank = use.x[0].rank
    at = use.op.axis % (rank + 1)
    axis = -1 if at == rank else at + front(use.x[0])
    return Emitted(py.call("ops.stack", Inputs(), axis=use.fixed(axis)))


def transpose(use: Use) -> Emitted:
    """The borders of a channels-last region become part of the new order."""
    x = use.x[0]
    stands = kept(tuple((str(a),) for a in range(x.rank)), x.last)
    wanted = kept(tuple((str(a),) for a in use.op.order(x)), use.y[0].last)
    order = [stands.index(a) for a in wanted]
    if order == sorted(order):
        return Emitted(X[0])
    return function("transpose", tuple(order) if x.common else (0, *(at + 1 for at in order)))


def pad(use: Use) -> Emitted:
    """Keras has constants and reflections; other places are looked up."""
    x, mode = use.x[0], use.op.mode
    at = {kept_axis(a, x) + front(x) for a in all_axes(use.op.axis, x)}
    if mode in ("constant", "reflect"):
        ends = [use.op.width if a in at else (0, 0) for a in range(x.rank + front(x))]
        if mode == "reflect":
            return function("pad", tuple(ends), mode=use.fixed(mode))
        value = number(use, "value").or_default(0)
        return function("pad", tuple(ends), constant_values=value)
    made: py.Expr = X[0]
    for a in sorted(at):
        made = py.call("pad", made, *map(use.fixed, (*use.op.width, a, mode)))
    return Emitted(made, helpers=("pad",))


def roll(use: Use) -> Emitted:
    return function("roll", use.field("shift"), axis=axis_slot(use, use.op.axis or 0))


LAYERS: dict[type[Op], Emit] = {
    m.stack: stack,
    m.transpose: transpose,
    m.pad: pad,
    m.roll: roll,
}
