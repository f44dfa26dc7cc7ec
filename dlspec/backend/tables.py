"""Lists of layers as comprehensions over tables of literals."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import groupby
from typing import Any

from dlspec.backend.arguments import Arguments, Varies, iterated
from dlspec.backend.merge import Values, fill, values_in
from dlspec.emit import python as py
from dlspec.emit.text import identifier
from dlspec.expr import Ref

SHORTEST_RANGE = 4
"""Fewer numbers in a progression are written out."""


def plain(name: str) -> py.Expr:
    """An argument within the constructor: its name."""
    return py.Atom(name)


def comprehension(
    template: Any,
    lengths: Mapping[int, int],
    row_of: Callable[[Any], int],
    arguments: Arguments,
    count: Callable[[], py.Expr],
    wrap: Callable[[py.Expr], py.Expr],
) -> py.Expr:
    """`Layer(a, b) for a, b in ((1, 2), (3, 4))`, or `for _ in range(n)` where nothing varies.

    `template` is the constructor call with `Values`, whose occurrences `row_of` sorts into rows;
    `lengths` gives the number of rows in each instance. Where the numbers differ, and the rows
    too, the table is an argument of the class.
    """
    fixed: dict[int, py.Expr | None] = {}
    loose: list[Values] = []
    for values in values_in(template):
        try:
            fixed[id(values)] = None if values.omitted else arguments.resolve(values, plain)
        except Varies:
            loose.append(values)
    whole = arguments.whole_list(loose, lengths, row_of, plain)
    if whole is not None:
        ref, listed = whole
        name = identifier(ref.name, arguments.taken)
        with arguments.reading({ref: name}):
            fixed.update((id(v), arguments.by_origin(v, plain)) for v in loose)
        if isinstance(listed, py.List):
            listed = sequence([py.literal(i) for i in listed.items])
        element = fill(template, lambda v: fixed[id(v)])
        return wrap(py.Generator(element, name, iterated(listed)))

    ragged = len(set(lengths.values())) > 1
    varying: list[tuple[str, Values]] = []
    columns: list[tuple[str, list[py.Expr]]] = []
    names: dict[int, str] = {}
    for values in loose:
        if ragged:
            names[id(values)] = _name(values, arguments, {n for n, _ in varying})
            varying.append((names[id(values)], values))
            continue
        cells = [_cell(r, arguments) for r in _rows(values, max(lengths.values()), row_of)]
        names[id(values)] = _column(columns, values, cells, arguments)

    def put(code: Any) -> Any:
        return py.Atom(names[id(code)]) if id(code) in names else fixed[id(code)]

    element = fill(template, put)
    if varying:
        table = arguments.add("rows", _tables(varying, lengths, row_of))
        table.annotation = "tuple[Any, ...]"
        targets = [py.Atom(n) for n, _ in varying]
        target = targets[0] if len(targets) == 1 else py.Tuple(tuple(targets))
        return wrap(py.Generator(element, target, py.Atom(table.name)))
    if not columns:
        return wrap(py.Generator(element, "_", py.call("range", count())))
    targets = [py.Atom(n) for n, _ in columns]
    if len(columns) == 1:
        return wrap(py.Generator(element, targets[0], sequence(columns[0][1])))
    rows = [py.Tuple(row) for row in zip(*(c for _, c in columns), strict=True)]
    return wrap(py.Generator(element, py.Tuple(tuple(targets)), py.Tuple(_repeated(rows))))


def _repeated(rows: Sequence[py.Expr]) -> tuple[py.Expr, ...]:
    """Rows of a table, equal ones behind each other as `*[(256, 64)] * 3`."""
    items: list[py.Expr] = []
    for row, run in groupby(rows):
        count = len(list(run))
        items.append(row if count == 1 else py.Star(py.Binary(py.List((row,)), "*", str(count))))
    return tuple(items)


def _tables(
    varying: Sequence[tuple[str, Values]],
    lengths: Mapping[int, int],
    row_of: Callable[[Any], int],
) -> dict[int, Any]:
    """The table of each instance, as values."""
    cells: dict[tuple[int, int], list[Any]] = {}
    for _, values in varying:
        for o, s in values.slots:
            cells.setdefault((o.instance.number, row_of(o)), []).append(s.value)
    return {
        n: tuple(tuple(cells[n, r]) if len(varying) > 1 else cells[n, r][0] for r in range(length))
        for n, length in lengths.items()
    }


def _cell(row: Values, arguments: Arguments) -> py.Expr:
    """One cell: a value of the loop's list where it has one, else what all instances share."""
    return arguments.of_list(row, plain) or arguments.resolve(row, plain)


def _rows(values: Values, length: int, row_of: Callable[[Any], int]) -> list[Values]:
    slots: list[list[Any]] = [[] for _ in range(length)]
    for o, s in values.slots:
        slots[row_of(o)].append((o, s))
    return [Values(tuple(row)) for row in slots]


def _column(
    columns: list[tuple[str, list[py.Expr]]],
    values: Values,
    cells: list[py.Expr],
    arguments: Arguments,
) -> str:
    for name, known in columns:
        if known == cells:
            return name
    name = _name(values, arguments, {n for n, _ in columns})
    columns.append((name, cells))
    return name


def _name(values: Values, arguments: Arguments, columns: set[str]) -> str:
    """A column's name: the loop's own variable, or the role of the value."""
    taken = arguments.taken | columns
    e = values.origin
    if isinstance(e, Ref) and e.loop is not None and e.name not in taken:
        return identifier(e.name, taken)
    role = values.role or "value"
    return identifier(role if role not in taken else "size", taken)


def sequence(cells: Sequence[py.Expr]) -> py.Expr:
    """A tuple of literals; progressions of integers print as ranges."""
    numbers = [_integer(c) for c in cells]
    if any(n is None for n in numbers):
        return py.Tuple(tuple(cells))
    if len(numbers) > 1 and numbers == list(range(len(numbers))):
        return py.call("range", len(numbers))
    runs = _runs([n for n in numbers if n is not None])
    if len(runs) == 1 and len(runs[0]) >= SHORTEST_RANGE:
        return _range(runs[0])
    items: list[py.Expr] = []
    for run in runs:
        if len(run) >= SHORTEST_RANGE:
            items.append(py.Star(_range(run)))
        else:
            items.extend(map(py.literal, run))
    return py.Tuple(tuple(items))


def _integer(cell: py.Expr) -> int | None:
    if isinstance(cell, py.Atom) and cell.kind == "number" and cell.text.isdecimal():
        return int(cell.text)
    return None


def _runs(numbers: list[int]) -> list[list[int]]:
    """The numbers cut into arithmetic progressions, greedily."""
    runs: list[list[int]] = []
    for n in numbers:
        last = runs[-1] if runs else None
        if last and (len(last) == 1 or n - last[-1] == last[1] - last[0]) and n != last[-1]:
            last.append(n)
        else:
            runs.append([n])
    return runs


def _range(run: list[int]) -> py.Expr:
    step = run[1] - run[0]
    stop = run[-1] + (1 if step > 0 else -1) if abs(step) == 1 else run[-1] + step
    if step != 1:
        return py.call("range", run[0], stop, step)
    return py.call("range", stop) if run[0] == 0 else py.call("range", run[0], stop)
