"""Axes split, joined and put into another order, where images may be kept channels-last."""

from __future__ import annotations

from dlspec.backend.protocol import Emit, Emitted, Use, X
from dlspec.backend.sizes import shaped
from dlspec.emit import python as py
from dlspec.expr import product
from dlspec.ops.base import Op
from dlspec.ops.rearrange import Axis, Rearrange, steps
from dlspec_keras.layers.common import length


def rearrange(use: Use) -> Emitted:
    """The borders of a channels-last region become part of the new order."""
    pattern = use.op.pattern
    before = kept(pattern.before, use.x[0].last)
    after = kept(pattern.after, use.y[0].last)
    found = steps(before, after)
    if not found.moves:
        return Emitted(regrouped(use, X[0], before, after))
    value = regrouped(use, X[0], before, found.atoms)
    value = py.call("ops.transpose", value, (0, *(at + 1 for at in found.order)))
    return Emitted(regrouped(use, value, found.moved, after))


def kept(axes: tuple[Axis, ...], last: bool) -> tuple[Axis, ...]:
    """Axes in the order in which they are kept."""
    return (*axes[1:], *axes[:1]) if last else axes


def regrouped(
    use: Use, value: py.Expr, before: tuple[Axis, ...], after: tuple[Axis, ...]
) -> py.Expr:
    if before == after:
        return value
    sizes = use.op.named_sizes(use.x[0])
    found = [product(*(sizes[n] for n in axis)) for axis in after]
    roles = [axis[0].lower() if len(axis) == 1 else "size" for axis in after]
    return py.call("ops.reshape", value, py.Tuple(tuple(shaped(use, found, roles, length))))


LAYERS: dict[type[Op], Emit] = {Rearrange: rearrange}
