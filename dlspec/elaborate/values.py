"""What a name or an expression stands for while a spec is elaborated."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import field
from functools import cached_property
from typing import Any, ClassVar, Literal

from dlspec.elaborate.unread import digest
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

    size: ClassVar[int] = 1

    def __str__(self) -> str:
        given = ", ".join(f"{n}={getattr(self.op, n)}" for n in sorted(self.op.model_fields_set))
        return f"{self.op.kind()}({given})" if given else self.op.kind()

    @cached_property
    def key(self) -> Any:
        fields = type(self.op).model_fields
        return (type(self.op).__name__, *(key_of(getattr(self.op, n)) for n in fields))


@frozen
class Kept:
    """The file that weights start from, if any, and whether they stay as they are."""

    file: str | None
    frozen: bool


@frozen
class BlockLayer:
    """A block, or a function of tensors, with its arguments, before it is applied."""

    definition: tree.Definition | tree.Fn
    arguments: Mapping[str, Static]
    span: Span
    wire: tree.Name | None = None
    """`Net(...).features`: the wire that is read instead of the outputs."""
    kept: Kept | None = None
    """`Net(weights="net.safetensors", frozen=true)`: where its weights are from."""

    def __str__(self) -> str:
        return self.said(())

    def said(self, tensors: Iterable[Tensor]) -> str:
        """Its name with its arguments, for messages."""
        given = (f"{n}={text(s.value)}" for n, s in self.arguments.items())
        wire = f".{self.wire.id}" if self.wire is not None else ""
        return f"{self.definition.name.id}({', '.join([*map(str, tensors), *given])}){wire}"

    @cached_property
    def size(self) -> int:
        """The number of layers that it is made of."""
        return 1 + sum(size_of(s.value) for s in self.arguments.values())

    @cached_property
    def key(self) -> Any:
        given = ((n, key_of(s.value)) for n, s in self.arguments.items())
        wire = self.wire.id if self.wire is not None else ""
        return (id(self.definition), wire, *given)  # two files may have one of each name


@frozen
class Given:
    """An argument of a function, evaluated where it was written; `written` is None for what
    arrives in a chain."""

    span: Span
    name: tree.Name | None
    value: Any
    written: tree.Expr | None = None


@frozen
class FnLayer:
    """A function of tensors as a stage of a chain: `focal(y, gamma=3)`. What arrives is its first
    argument."""

    definition: tree.Fn
    given: tuple[Given, ...]
    span: Span

    size: ClassVar[int] = 1

    def __str__(self) -> str:
        names = (f"{g.name.id}=" if g.name is not None else "" for g in self.given)
        given = (name + _said(g.value) for name, g in zip(names, self.given, strict=True))
        name = self.definition.name.id
        return f"{name}({', '.join(given)})" if self.given else name

    @property
    def key(self) -> Any:
        given = ((g.name.id if g.name else None, key_of(g.value)) for g in self.given)
        return (id(self.definition), *given)


@frozen
class Link:
    """A stage of a chain that is a layer, evaluated where it was written.

    `parameter` is the `layer` parameter that it is, of the definition whose text it stands in.
    """

    stage: tree.Stage
    layer: Layer | Instance
    parameter: str | None = None
    count: Static | None = None

    def __str__(self) -> str:
        chain = isinstance(self.layer, ChainLayer)
        count = f" * {self.count.value}" if self.count is not None else ""
        name = f" as {self.stage.name.id}" if self.stage.name is not None else ""
        return (f"({self.layer})" if chain else str(self.layer)) + count + name


@frozen
class ChainLayer:
    """A chain of layers as a value: `Conv2D(8, 3) -> BatchNorm`. `home` is the definition whose
    text it stands in, where there is one."""

    written: tree.Expr
    links: tuple[Link, ...]
    home: tree.Definition | None

    @property
    def span(self) -> Span:
        return self.written.span

    def __str__(self) -> str:
        return " -> ".join(map(str, self.links))

    @cached_property
    def size(self) -> int:
        return 1 + sum(size_of(link.layer) for link in self.links)

    @cached_property
    def key(self) -> Any:
        """Its text is part of it, since names come from there."""
        links = ((key_of(n.layer), key_of(n.count)) for n in self.links)
        return ("->", id(self.home), digest([self.written]), *links)


@frozen
class ScanLayer:
    """`Scan(Cell(8))`: a block with state, at each step of sequences."""

    cell: BlockLayer
    span: Span

    def __str__(self) -> str:
        return f"Scan({self.cell})"

    @property
    def size(self) -> int:
        return self.cell.size

    @property
    def key(self) -> Any:
        return ("Scan", self.cell.key)


@frozen
class ExpertsLayer:
    """`Experts(Expert(8), count=4)`: copies of a layer, of which each token reads some."""

    expert: Layer
    parameter: str | None
    """The `layer` parameter that the expert is, of the definition whose text it stands in."""
    written: tree.Expr
    """The expert, as it is written."""
    counted: tree.Argument
    """How many there are, as it is written."""
    op: Op
    """What brings together what the experts make."""
    origins: Mapping[str, Any]
    span: Span

    def __str__(self) -> str:
        return f"Experts({self.expert}, count={text(self.count)})"

    @property
    def count(self) -> int:
        """How many experts there are."""
        made: int = self.op.count  # type: ignore[attr-defined]
        return made

    @cached_property
    def size(self) -> int:
        return 1 + self.count * self.expert.size

    @property
    def key(self) -> Any:
        return ("Experts", key_of(self.count), key_of(self.expert))


Layer = OpLayer | BlockLayer | ChainLayer | FnLayer | ScanLayer | ExpertsLayer


@frozen
class Instance:
    """A layer that `let` named: every use shares its weights."""

    layer: Layer
    name: str
    statement: tree.Let
    transposed: bool = False
    """`words.transposed`: the other way round."""

    size: ClassVar[int] = 1

    @property
    def key(self) -> Any:
        return ("let", self.name, self.transposed)

    def __str__(self) -> str:
        return self.statement.name.id + (".transposed" if self.transposed else "")


@frozen
class Broken:
    """A name whose definition has an error, reported already: uses of it say nothing more."""


@frozen
class NotTaken:
    """A wire of a branch that does not hold here, or of a loop that runs no times."""

    defined: Span
    where: Literal["branch", "loop"]


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


def size_of(value: Any) -> int:
    """The number of layers in a value."""
    match value:
        case _ if isinstance(value, Layer | Instance):
            return value.size
        case list() | tuple():
            return sum(map(size_of, value))
        case _:
            return 0


def key_of(value: Any) -> Any:
    """A value as a dictionary's key: equal values, equal keys, and 1 is not true or 1.0."""
    match value:
        case _ if isinstance(value, Layer | Instance):
            return value.key
        case Static(value=inner):
            return key_of(inner)
        case list() | tuple():
            return (type(value).__name__, *map(key_of, value))
        case int() if not isinstance(value, bool):
            return ("int", int(value))
        case _:
            return (type(value).__name__, text(value))


def _said(value: Any) -> str:
    """An argument of a function, for messages: a tensor is its type."""
    match value:
        case Value(types=types):
            return ", ".join(map(str, types))
        case Static(value=inner):
            return text(inner)
        case _:
            return text(value)


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
        case FnLayer():
            return f"the function {entry.definition.name.id}"
        case Instance() | OpLayer() | BlockLayer() | ChainLayer() | ScanLayer() | ExpertsLayer():
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
