"""Where values are written, kept while a spec is elaborated for whoever asks.

The IR says what a value is and the arithmetic behind it. That `64` came from `--set`, or stands on
line 7, is of no use to a backend, so it stands beside the IR, and only while it is wanted.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from dlspec.declared import Declared
from dlspec.expr import Static
from dlspec.syntax import tree

if TYPE_CHECKING:
    from dlspec.elaborate.file import FileTable
    from dlspec.ir.model import Definition

Text = tree.Definition | tree.Fn
"""The text of a definition of the IR."""
Giver = Literal["use", "default", "set"]
"""Who gives a parameter its value: the use of its definition, the definition, or `--set`."""


@dataclass
class Written:
    """What was written for each configured object, parameter and definition of the IR, by
    identity: equal values are written in many places. They are held, so that no identity is used
    again. `table` is that of the spec."""

    table: FileTable | None = None
    objects: dict[int, tuple[Declared, tree.Expr]] = field(default_factory=dict)
    parameters: dict[int, tuple[Static, Giver, tree.Expr]] = field(default_factory=dict)
    definitions: dict[int, tuple[Definition, Text]] = field(default_factory=dict)
    externs: dict[int, tuple[Declared, Text, Mapping[str, Static]]] = field(default_factory=dict)

    def object(self, made: Declared) -> tree.Expr | None:
        """The name, or the call of it, that an object was configured by. An op without arguments
        is one object wherever it stands."""
        known = self.objects.get(id(made))
        return known[1] if known is not None else None

    def parameter(self, value: Static) -> tuple[Giver, tree.Expr] | None:
        """Who gave a parameter its value, and with which expression."""
        known = self.parameters.get(id(value))
        return known[1:] if known is not None else None

    def extern(self, made: Any) -> tuple[Text, Mapping[str, Static]] | None:
        """What an `extern` declares, with the numbers of one use."""
        known = self.externs.get(id(made))
        return known[1:] if known is not None else None

    def definition(self, made: Definition) -> Text:
        """The text of a definition; a pass may have given it inputs for the lengths of rows."""
        if id(made) in self.definitions:
            return self.definitions[id(made)][1]
        alike = (made.name, made.line, made.parameters)
        found = self.definitions.values()
        return next(text for d, text in found if (d.name, d.line, d.parameters) == alike)


_asked: ContextVar[Written | None] = ContextVar("_asked", default=None)


@contextmanager
def recording() -> Iterator[Written]:
    """Keeps where values are written, of what is elaborated inside."""
    kept = Written()
    token = _asked.set(kept)
    try:
        yield kept
    finally:
        _asked.reset(token)


def note_table(table: FileTable) -> None:
    kept = _asked.get()
    if kept is not None:
        kept.table = table


def note_object(made: Declared, call: tree.Expr) -> None:
    kept = _asked.get()
    if kept is not None:
        kept.objects[id(made)] = (made, call)


def note_parameter(value: Static, giver: Giver, e: tree.Expr | None) -> None:
    kept = _asked.get()
    if kept is not None and e is not None:
        kept.parameters[id(value)] = (value, giver, e)


def note_extern(made: Declared, written: Text, values: Mapping[str, Static]) -> None:
    kept = _asked.get()
    if kept is not None:
        kept.externs[id(made)] = (made, written, values)


def note_definition(made: Definition, written: Text) -> None:
    kept = _asked.get()
    if kept is not None:
        kept.definitions[id(made)] = (made, written)
