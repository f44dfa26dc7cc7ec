"""Names of axes in an argument: `[h*p, w] -> [h, p*w]`."""

from __future__ import annotations

from collections.abc import Iterator

from dlspec.ops.rearrange import AxisNames
from dlspec.syntax import tree


def axis_names(e: tree.Expr) -> AxisNames | str:
    """The pattern. Its names are its own: they stand for no value of the spec.

    What is no pattern comes back as it is written; the argument then says what it must be.
    """
    match e:
        case tree.Chain(head=tree.List() as before, stages=(tree.Stage() as stage,)) if (
            isinstance(stage.layer, tree.List) and stage.count is None and stage.name is None
        ):
            return AxisNames(_side(before), _side(stage.layer))
    return " ".join(e.span.text.replace('"', "").split())


def _side(axes: tree.List) -> tuple[tuple[str, ...], ...]:
    return tuple(tuple(p for p in _parts(a) if p != "1") for a in axes.items)


def _parts(e: tree.Expr) -> Iterator[str]:
    match e:
        case tree.Group(value=inner):
            yield from _parts(inner)
        case tree.Binary(op="*", left=left, right=right):
            yield from _parts(left)
            yield from _parts(right)
        case _:
            yield e.span.text
