"""Errors of data, at the places of a spec that say what the data should be."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from dlspec.diagnostics import Diagnostic, SpecError
from dlspec.diagnostics.commands import CannotReadData
from dlspec.ir.recipe import Data
from dlspec.runners.inspect import inspect
from dlspec.source import Source, Span
from dlspec.syntax import parse
from dlspec.syntax import tree as t


def cause(error: SpecError, command: str, data: Data, source: Source, folder: Path) -> SpecError:
    """Why a program failed: of its data, which are read again, or as it says itself."""
    try:
        inspect(command, data, folder)
    except SpecError as found:
        if any(isinstance(d, CannotReadData) for d in found.diagnostics):
            return placed(found, data, source)
    return error


def placed(error: SpecError, data: Data, source: Source) -> SpecError:
    """The same error, with a place in the spec."""

    def with_span(d: Diagnostic) -> Diagnostic:
        if not isinstance(d, CannotReadData):
            return d
        return CannotReadData(place(d.why, data, source), d.name, d.why)

    return SpecError(*map(with_span, error.diagnostics))


def source_of(data: Data, source: Source) -> Span | None:
    """Where a spec says from where it reads."""
    return place("", data, source)


def place(why: str, data: Data, source: Source) -> Span | None:
    """The column that a sentence of `data.py` names, else the source, or the split."""
    told = why.partition("; it has: ")[0]
    block = next(_blocks(parse(source)[0], data.name), None)
    if block is None:
        return None
    for field, column in ((f.name, c) for f in data.fields for c in f.columns):
        if _names(told, field, column):
            found = _field(block, field)
            return next((x.span for x in _literals(found) if x.value == column), found.span)
    setting = "split" if told.startswith("no row ") else "source"
    return next(_settings(block, setting), block.name or block).span


def _names(told: str, field: str, column: str) -> bool:
    """Whether a sentence is about a column, or its field."""
    begins = tuple(n + after for n in (column, field) for after in (",", ":", " has "))
    quoted = (f"{word} {column!r}" for word in ("column", "columns", "array"))
    return told.startswith(begins) or any(q in told for q in quoted)


def _blocks(file: t.File, name: str) -> Iterator[t.Declaration]:
    for s in file.statements:
        if isinstance(s, t.Declaration) and s.kind == "data" and s.name and s.name.id == name:
            yield s


def _field(block: t.Declaration, name: str) -> t.Node:
    fields = (s for s in block.body.statements if isinstance(s, t.Field))
    return next((f for f in fields if any(n.id == name for n, _ in f.fields)), block)


def _settings(block: t.Declaration, name: str) -> Iterator[t.Node]:
    for s in block.body.statements:
        if isinstance(s, t.Assign) and any(n.id == name for n in s.names):
            yield s.value


def _literals(node: object) -> Iterator[t.Literal]:
    """All of them below a node, in their order."""
    if isinstance(node, t.Literal):
        yield node
    elif isinstance(node, tuple):
        for item in node:
            yield from _literals(item)
    elif isinstance(node, t.Node):
        yield from _literals(tuple(vars(node).values()))
