"""Axes split, joined and put into another order, by the methods of a tensor."""

from __future__ import annotations

from collections.abc import Mapping

from dlspec.backend.protocol import Emit, Emitted, Use, X
from dlspec.backend.sizes import shaped, slot
from dlspec.emit import python as py
from dlspec.expr import fixed, product
from dlspec.ops.base import Op
from dlspec.ops.rearrange import Axis, Rearrange, pairs, steps
from dlspec_torch.layers.common import length, method


def rearrange(use: Use) -> Emitted:
    found = steps(use.op.pattern.before, use.op.pattern.after)
    if not found.moves:
        ways = [(found.before, found.after)]
        return Emitted(regrouped(use, X[0], *ways[0]), helpers=helpers(use, ways))
    ways = [(found.before, found.atoms), (found.moved, found.after)]
    value = moved(regrouped(use, X[0], *ways[0]), found.order)
    return Emitted(regrouped(use, value, *ways[1]), helpers=helpers(use, ways))


def helpers(use: Use, ways: list[tuple[tuple[Axis, ...], tuple[Axis, ...]]]) -> tuple[str, ...]:
    """What splits an axis where another has any length."""
    plain = [(b, a) for b, a in ways if b != a and () not in b and () not in a]
    splits = any(len(theirs) > 1 for b, a in plain for _, _, theirs in pairs(b, a))
    return ("split_axis",) if splits and not all(map(fixed, use.x[0].shape)) else ()


def moved(value: py.Expr, order: tuple[int, ...]) -> py.Expr:
    """The axes of an example in another order."""
    apart = [i for i, at in enumerate(order) if i != at]
    if len(apart) == 2:
        return method(value, "transpose", apart[0] + 1, apart[1] + 1)
    return method(value, "permute", 0, *(at + 1 for at in order))


def regrouped(
    use: Use, value: py.Expr, before: tuple[Axis, ...], after: tuple[Axis, ...]
) -> py.Expr:
    """Neighbouring axes joined, and axes split: the last ones first, so that the others keep their
    places. Axes of size 1 that come or go have no neighbours: the shape is written out."""
    if before == after:
        return value
    if () in before or () in after:
        sizes, roles = zip(*(size(use, axis) for axis in after), strict=True)
        return method(value, "reshape", *shaped(use, sizes, roles, length))
    for at, ours, theirs in reversed(pairs(before, after)):
        start, end = at + 1, at + len(ours)
        if len(ours) > 1:
            value = method(value, "flatten", *((start,) if end == len(before) else (start, end)))
        if len(theirs) > 1:
            parts = split(use, theirs)
            if all(map(fixed, use.x[0].shape)):
                value = method(value, "unflatten", start, parts)
            else:
                value = py.call("split_axis", value, start, parts)
    return value


def split(use: Use, axes: tuple[Axis, ...]) -> py.Tuple:
    """The sizes of the parts of an axis; one that is not given follows from the others."""
    open_ = next((i for i, axis in enumerate(axes) if set(axis) - set(use.op.given)), 0)
    return py.Tuple(
        tuple(
            py.literal(-1) if i == open_ else slot(use, *size(use, axis))
            for i, axis in enumerate(axes)
        )
    )


def size(use: Use, axis: Axis) -> tuple[int, str]:
    """The size of an axis, and its name."""
    sizes = use.op.named_sizes(use.x[0])
    return product(*(sizes[n] for n in axis)), axis[0].lower() if len(axis) == 1 else "size"


LAYERS: Mapping[type[Op], Emit] = {Rearrange: rearrange}
