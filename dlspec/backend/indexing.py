"""Indices in the code of a program, which are NumPy's in every framework."""

from __future__ import annotations

from collections.abc import Callable

from dlspec.backend.protocol import Slot, Use, X
from dlspec.emit import python as py
from dlspec.expr import origin
from dlspec.ops.indexing import Cut, subscripts

WHOLE = py.Slice()
REST = py.Atom("...", "constant")
MANY = 3
"""So many whole axes in front are written `...`."""


def indexed(use: Use, flip: Callable[[py.Expr, int], py.Expr]) -> py.Expr:
    """`x[:, 0]`. `flip` turns an axis of the batch around, for steps backwards."""
    x = use.x[0]
    kept, taken = use.op.cuts(x)
    turned = tuple(cut if forwards(cut) else ascending(cut, int(x.shape[cut.axis])) for cut in kept)
    at = subscripts(turned, taken, into=x.last, out=use.y[0].last)
    items = [item(use, i) for i in at]
    if not x.common:
        items.insert(0, WHOLE)
    rank = sum(1 for i in items if i != NEW)
    if rank == x.rank + (not x.common) and items[:MANY] == [WHOLE] * MANY:
        first = next((i for i, it in enumerate(items) if it != WHOLE), len(items))
        items[:first] = [REST]
    value: py.Expr = X[0]
    if any(i != WHOLE for i in items):
        value = py.Index(X[0], py.Tuple(tuple(items)) if len(items) > 1 else items[0])
    order = (*kept[1:], *kept[:1]) if use.y[0].last and len(kept) > 1 else kept
    for axis, cut in enumerate(order):
        if not forwards(cut):
            value = flip(value, axis + (not x.common))
    return value


NEW = py.literal(None)


def item(use: Use, at: Cut | int) -> py.Expr:
    """A place, a slice with its bounds, or a new axis."""
    if not isinstance(at, Cut):
        return use.given(at, "index", origin(at))
    if at.axis is None:
        return NEW
    if at == Cut(at.axis):
        return WHOLE
    return py.Slice(bound(use, at.start, "start"), bound(use, at.stop, "stop"), step(use, at.step))


def bound(use: Use, value: int | None, role: str) -> Slot:
    return use.given(value, role, origin(value)).or_default(None)


def step(use: Use, value: int | None) -> Slot:
    return use.given(None if value == 1 else value, "step", origin(value)).or_default(None)


def forwards(cut: Cut) -> bool:
    return (cut.step or 1) > 0


def ascending(cut: Cut, size: int) -> Cut:
    """The same places from the lowest to the highest."""
    places = cut.places(size)
    if places == range(size)[::-1]:
        return Cut(cut.axis)
    step = -places.step
    return Cut(cut.axis, places[-1], places[0] + 1, step)
