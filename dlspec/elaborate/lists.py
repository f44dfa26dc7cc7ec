"""Lists of tensors: compile-time lists whose elements are code."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from dlspec.elaborate.values import Value
from dlspec.expr import Static
from dlspec.ir import model as ir


class Tensors(list[Value]):
    """A list of tensors, each as the code that reads it, and the code of the whole."""

    def __init__(self, items: Iterable[Value], flow: ir.Flow) -> None:
        super().__init__(items)
        self.flow = flow

    def part(self, start: Static | None, stop: Static | None, step: Static | None) -> Tensors:
        """`skips[:-1]`."""
        bounds = {"start": start, "stop": stop, "step": step}
        values: Any = {name: b.value if b is not None else None for name, b in bounds.items()}
        items = self[slice(*values.values())]
        types = tuple(t for v in items for t in v.types)
        origins = {n: b.origin for n, b in bounds.items() if b is not None and b.origin is not None}
        return Tensors(items, ir.Slice(value=self.flow, types=types, origins=origins, **values))

    def element(self, at: Static) -> Value:
        """`skips[-1]`: a literal list has the element itself."""
        item = self[at.value]
        if isinstance(self.flow, ir.Items):
            return item
        flow = ir.Select(index=at.value, value=self.flow, types=item.types, origin=at.origin)
        return Value(flow)


def written_out(items: Iterable[Value], over: ir.Over | None = None) -> Tensors:
    """`[x, y]`, or `[x * i for i in range(2)]`."""
    found = list(items)
    types = tuple(t for v in found for t in v.types)
    return Tensors(found, ir.Items(inputs=tuple(v.flow for v in found), types=types, over=over))


def over(site: int, items: Static, rounds: list[dict[str, Any]]) -> ir.Over:
    """What a list of tensors is written over: numbers, tensors of other lists, or both."""
    values = tuple(
        tuple(e.value for e in entries.values() if isinstance(e, Static)) for entries in rounds
    )
    tensors: dict[str, str] = {}
    for name, e in rounds[0].items():
        listed = e.flow.value if isinstance(e, Value) and isinstance(e.flow, ir.Select) else None
        if isinstance(listed, ir.Wire):
            tensors.setdefault(listed.name, name)
    names = tuple(n for n, e in rounds[0].items() if isinstance(e, Static))
    return ir.Over(site=site, names=names, items=items, values=values, tensors=tensors)


def is_made(flow: ir.Flow) -> bool:
    """Whether a list is more than another by its name, or its elements written one by one."""
    return not isinstance(flow, ir.Wire) and (
        not isinstance(flow, ir.Items) or flow.over is not None
    )


def joined(a: list[Any], b: list[Any]) -> Tensors | None:
    """`skips + [x]`; None where one of them holds something else."""
    if any(x and not isinstance(x, Tensors) for x in (a, b)):
        return None
    left, right = (x if isinstance(x, Tensors) else written_out(()) for x in (a, b))
    types = (*left.flow.types, *right.flow.types)
    return Tensors((*left, *right), ir.Join(inputs=(left.flow, right.flow), types=types))


def repeated(items: Tensors, count: int) -> Tensors:
    """`[x] * 3`."""
    flows = (items.flow,) * count
    types = items.flow.types * count
    return Tensors(list(items) * count, ir.Join(inputs=flows, types=types))


def named(name: str, items: list[Value]) -> Tensors:
    """The list that a wire holds."""
    types = tuple(t for v in items for t in v.types)
    wire = ir.Wire(name=name, types=types, is_list=True)
    elements = (ir.Select(index=i, value=wire, types=(t,)) for i, t in enumerate(types))
    return Tensors(map(Value, elements), wire)


def unwrapped(found: Any) -> Any:
    """An element of a list as what it stands for."""
    if isinstance(found, Static) and isinstance(found.value, Value):
        return found.value
    return found


def holds_tensors(value: Any) -> bool:
    """Whether a compile-time value has tensors in it."""
    if isinstance(value, list | tuple):
        return any(map(holds_tensors, value))
    return isinstance(value, Value)
