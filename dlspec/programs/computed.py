"""Fields that are computed from others, as NumPy, and how much of a window they read."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from dlspec.emit import python as py
from dlspec.ir.recipe import Computation, Computed, Data, Field, Figure, OfField, Train
from dlspec.ops.indexing import REST
from dlspec.recipe.splits import Stratified

OPERATORS = {
    "add": "+",
    "subtract": "-",
    "multiply": "*",
    "divide": "/",
    "floor_divide": "//",
    "remainder": "%",
    "power": "**",
}


def expression(c: Computation, of: Callable[[str], py.Expr]) -> py.Expr:
    """The values for all rows; `of` has those of a field."""
    match c:
        case OfField(field=name):
            return of(name)
        case Figure(number=number):
            return py.literal(number)
    name, operands = c.op.kind(), [expression(x, of) for x in c.of]
    if name == "getitem":
        items = [_item(i) for i in c.op.at]  # type: ignore[attr-defined]
        return py.Index(operands[0], py.Tuple((py.Slice(), *items)))
    if name == "negative":
        return py.Unary("-", operands[0])
    left, right = operands
    return py.Binary(left, OPERATORS[name], right)


def _item(item: object) -> py.Expr:
    if isinstance(item, tuple):
        return py.Slice(*(None if i is None else py.literal(i) for i in item))
    return py.Code("...") if item == REST else py.literal(item)


def names(c: Computation) -> Iterator[str]:
    """The fields that a computation reads."""
    match c:
        case OfField(field=name):
            yield name
        case Computed(of=of):
            for x in of:
                yield from names(x)


def sources(f: Field, data: Data) -> list[Field]:
    """The fields with columns that a field is made of: itself, or what it is computed from."""
    if f.computed is None:
        return [f]
    found = [g for name in names(f.computed) for g in sources(data.field(name), data)]
    return list(dict.fromkeys(found))


def kept(data: Data, train: Train | None) -> list[Field]:
    """The fields that rows have: all but those that only others are computed from."""
    below = {name for f in data.fields if f.computed is not None for name in names(f.computed)}
    if train is None or not below:
        return list(data.fields)
    read = {*train.inputs.values(), *(term.target for term in train.loss)}
    read |= {use.target for use in train.metrics if use.computed is None}
    read |= {n for a in data.augment for n in a.fields}
    read |= {name for step in train.graphs for name, _ in step.graph.root.inputs}
    if isinstance(data.split, Stratified):
        read.add(data.split.by)
    if train.balanced is not None:
        read.add(train.balanced.by)
    if train.bucketed is not None:
        read.add(train.bucketed.by)
    return [f for f in data.fields if f.name not in below or f.name in read]


def reach(fields: list[Field], data: Data) -> int:
    """How many rows of a window some fields read."""
    assert data.windows is not None
    length = data.windows.length
    return max((_reach(f, data, length) for f in fields), default=length)


def _reach(f: Field, data: Data, length: int) -> int:
    if f.computed is None:
        return length
    return max(_of(f.computed, data, length), 1)


def _of(c: Computation, data: Data, length: int) -> int:
    match c:
        case OfField(field=name):
            return _reach(data.field(name), data, length)
        case Figure():
            return 0
    whole = max(_of(x, data, length) for x in c.of)
    inner = c.of[0]
    if c.op.kind() != "getitem" or not isinstance(inner, OfField):
        return whole
    first = c.op.at[0]  # type: ignore[attr-defined]
    if data.field(inner.field).computed is not None:
        return whole
    if isinstance(first, tuple):
        start, stop, step = first
        forwards = (start or 0) >= 0 and (step or 1) > 0
        return min(stop, length) if forwards and stop is not None and stop > 0 else length
    return first + 1 if isinstance(first, int) and first >= 0 else length
