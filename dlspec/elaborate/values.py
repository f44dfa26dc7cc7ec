"""What a name or an expression stands for while a spec is elaborated."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import field
from typing import Any

from dlspec.expr import Static
from dlspec.frozen import frozen
from dlspec.ir.model import Flow
from dlspec.ops.base import Op
from dlspec.source import Span
from dlspec.syntax import tree
from dlspec.tensor import Tensor
from dlspec.units import Quantity


@frozen
class Value:
    """One or more tensors, as the code that makes them. `since` is where they were assigned."""

    flow: Flow
    since: Span | None = None
    name: str = ""

    @property
    def types(self) -> tuple[Tensor, ...]:
        return self.flow.types


@frozen
class Bundle:
    """Values in parentheses on their way to a layer: `(x, y)`, `(x, time=t)`."""

    items: tuple[Value, ...]
    named: Mapping[str, Value] = field(default_factory=dict)


@frozen
class OpLayer:
    """A configured op as a value: `ReLU`, `LeakyReLU(0.2)`."""

    op: Op
    origins: Mapping[str, Any]
    span: Span

    def __str__(self) -> str:
        given = ", ".join(f"{n}={getattr(self.op, n)}" for n in sorted(self.op.model_fields_set))
        return f"{self.op.kind()}({given})" if given else self.op.kind()


@frozen
class BlockLayer:
    """A block with its arguments, before it is applied."""

    definition: tree.Definition
    arguments: Mapping[str, Static]
    span: Span

    def __str__(self) -> str:
        given = ", ".join(f"{n}={text(s.value)}" for n, s in self.arguments.items())
        return f"{self.definition.name.id}({given})"


@frozen
class ChainLayer:
    """A chain of layers as a value: `Conv2D(8, 3) -> BatchNorm`."""

    stages: tuple[tree.Stage, ...]
    scope: Scope
    span: Span

    def __str__(self) -> str:
        return self.span.text


Layer = OpLayer | BlockLayer | ChainLayer


@frozen
class Instance:
    """A layer that `let` named: every use shares its weights."""

    layer: Layer
    name: str
    statement: tree.Let


@frozen
class Broken:
    """A name whose definition has an error, reported already: uses of it say nothing more."""


@frozen
class NotTaken:
    """A wire of a branch that does not hold here."""

    defined: Span


Entry = Static | Value | Instance | Broken | NotTaken


class Scope:
    """Names in reach, inside out."""

    __slots__ = ("entries", "parent")

    def __init__(self, parent: Scope | None = None, entries: dict[str, Entry] | None = None):
        self.parent = parent
        self.entries = entries if entries is not None else {}

    def find(self, name: str) -> Entry | None:
        scope: Scope | None = self
        while scope is not None:
            if name in scope.entries:
                return scope.entries[name]
            scope = scope.parent
        return None

    def names(self) -> Iterator[str]:
        scope: Scope | None = self
        while scope is not None:
            yield from scope.entries
            scope = scope.parent


def text(value: Any) -> str:
    """A compile-time value as the language writes it."""
    match value:
        case True:
            return "true"
        case False:
            return "false"
        case None:
            return "none"
        case str():
            return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
        case float():
            return repr(value)
        case list():
            return "[" + ", ".join(map(text, value)) + "]"
        case tuple():
            return "(" + ", ".join(map(text, value)) + ("," if len(value) == 1 else "") + ")"
        case Quantity():
            return f"{value.value} {value.unit}"
        case _:
            return str(value)


def describe(entry: Any) -> str:
    """What a value is, for messages: `the integer 3`, `a tensor f32[8]`."""
    match entry:
        case Value():
            return "a tensor " + ", ".join(map(str, entry.types))
        case Bundle():
            return "several tensors"
        case Instance() | OpLayer() | BlockLayer() | ChainLayer():
            return "a layer"
        case Static(value=value):
            return describe(value)
        case bool():
            return text(entry)
        case int():
            return f"the integer {entry}"
        case float():
            return f"the number {entry!r}"
        case str():
            return f"the string {text(entry)}"
        case list():
            return "a list"
        case tuple():
            return "a tuple"
        case None:
            return "none"
        case Quantity():
            return f"the quantity {text(entry)}"
        case _:
            return type(entry).__name__
