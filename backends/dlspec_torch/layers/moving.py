"""Functions that put elements in other places."""

from __future__ import annotations

from collections.abc import Mapping

from dlspec.backend.protocol import Emit, Emitted, Inputs, Use, X
from dlspec.emit import python as py
from dlspec.ops import moving as m
from dlspec.ops.base import Op
from dlspec.ops.rules import all_axes
from dlspec.tensor import FLOATS
from dlspec_torch.layers.common import batched, dim, method, number
from dlspec_torch.layers.rearrange import moved

MODES = {"edge": "replicate", "reflect": "reflect", "wrap": "circular"}


def stack(use: Use) -> Emitted:
    dim = use.fixed(batched(use.op.axis, use.x[0]))
    return Emitted(py.call("torch.stack", Inputs(), dim=dim))


def transpose(use: Use) -> Emitted:
    order = use.op.order(use.x[0])
    if order == tuple(sorted(order)):
        return Emitted(X[0])
    if use.x[0].common:
        return Emitted(method(X[0], "permute", *order))
    return Emitted(moved(X[0], order))


def pad(use: Use) -> Emitted:
    """Of `F.pad`, what it has for this shape and dtype; otherwise the places are looked up."""
    x, width, mode = use.x[0], use.op.width, use.op.mode
    at = all_axes(use.op.axis, x)
    if mode == "constant":
        value = number(use, "value").or_default(0)
        ends = [n for a in reversed(range(at[0], x.rank)) for n in (width if a in at else (0, 0))]
        return Emitted(py.call("F.pad", X[0], tuple(map(use.fixed, ends)), value=value))
    if x.dtype in FLOATS and at == (x.rank - 1,) and x.rank < 3:
        both = tuple(map(use.fixed, width))
        return Emitted(py.call("F.pad", X[0], both, mode=use.fixed(MODES[mode])))
    made: py.Expr = X[0]
    for a in at:
        made = py.call("pad", made, *map(use.fixed, (*width, batched(a, x), mode)))
    return Emitted(made, helpers=("pad",))


def roll(use: Use) -> Emitted:
    return Emitted(method(X[0], "roll", use.field("shift"), dim(use, 0)))


LAYERS: Mapping[type[Op], Emit] = {
    m.stack: stack,
    m.transpose: transpose,
    m.pad: pad,
    m.roll: roll,
}
