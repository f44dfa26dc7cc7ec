"""The syntax tree: what a file says, with spans and without meaning."""

from __future__ import annotations

from dataclasses import dataclass

from dlspec.source import Source, Span


@dataclass(frozen=True, slots=True)
class Node:
    """What every node has: the place in the text that it came from."""

    span: Span


# --- expressions ------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Name(Node):
    """A name, wherever one stands."""

    id: str


@dataclass(frozen=True, slots=True)
class Number(Node):
    """A number literal. An integer has no bound here; a float is what Python reads."""

    value: int | float
    text: str


@dataclass(frozen=True, slots=True)
class Quantity(Node):
    """A number with its unit: `5 epochs`, `10 %` (unit `%`)."""

    value: int | float
    text: str
    unit: Name


@dataclass(frozen=True, slots=True)
class Literal(Node):
    """A string, `true`, `false` or `none`."""

    value: str | bool | None


@dataclass(frozen=True, slots=True)
class Chain(Node):
    """`head -> stage -> stage`."""

    head: Expr
    stages: tuple[Stage, ...]


@dataclass(frozen=True, slots=True)
class Stage(Node):
    """`layer * count as name`; the span covers all three."""

    layer: Expr
    count: Expr | None
    name: Name | None


@dataclass(frozen=True, slots=True)
class Conditional(Node):
    """`then if test else otherwise`."""

    test: Expr
    then: Expr
    otherwise: Expr


@dataclass(frozen=True, slots=True)
class Binary(Node):
    """op is one of `or and == != <= >= < > in`, `not in`, `+ - * / // % @ **`."""

    op: str
    left: Expr
    right: Expr
    op_span: Span


@dataclass(frozen=True, slots=True)
class Unary(Node):
    """op is `-` or `not`."""

    op: str
    operand: Expr


@dataclass(frozen=True, slots=True)
class Argument(Node):
    """An argument of a call, or an item of a tuple: `value` or `name=value`."""

    name: Name | None
    value: Expr


@dataclass(frozen=True, slots=True)
class Call(Node):
    """`callee(arguments)`."""

    callee: Expr
    arguments: tuple[Argument, ...]


@dataclass(frozen=True, slots=True)
class Slice(Node):
    """`start:stop:step` in a subscript."""

    start: Expr | None
    stop: Expr | None
    step: Expr | None


@dataclass(frozen=True, slots=True)
class Rest(Node):
    """`...` in a subscript or a shape."""


@dataclass(frozen=True, slots=True)
class All(Node):
    """`*` in a shape."""


@dataclass(frozen=True, slots=True)
class Index(Node):
    """`value[subscripts]`."""

    value: Expr
    subscripts: tuple[Expr | Slice | Rest, ...]


@dataclass(frozen=True, slots=True)
class Attribute(Node):
    """`value.name`."""

    value: Expr
    name: Name


@dataclass(frozen=True, slots=True)
class Group(Node):
    """An expression in parentheses. Kept: parentheses give a chain a scope of names."""

    value: Expr


@dataclass(frozen=True, slots=True)
class Tuple(Node):
    """`(a, b)`, `(x, time=t)`, `(a,)`, `()`."""

    items: tuple[Argument, ...]


@dataclass(frozen=True, slots=True)
class List(Node):
    """`[a, b]`."""

    items: tuple[Expr, ...]


@dataclass(frozen=True, slots=True)
class Comprehension(Node):
    """`[body for names in iterable]`."""

    body: Expr
    names: tuple[Name, ...]
    iterable: Expr


Expr = (
    Name
    | Number
    | Quantity
    | Literal
    | Chain
    | Conditional
    | Binary
    | Unary
    | Call
    | Index
    | Attribute
    | Group
    | Tuple
    | List
    | Comprehension
)


# --- types ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Type(Node):
    """`int`, `f32[C, H, W]` (one group), `class[10][H, W]` (two), `f32[]` (one, empty)."""

    name: Name
    groups: tuple[tuple[Expr | Rest | All, ...], ...]


@dataclass(frozen=True, slots=True)
class Parameter(Node):
    """`name: type = default in space`."""

    name: Name
    type: Type
    default: Expr | None
    space: Expr | None


# --- statements -------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Body(Node):
    """The statements between braces; the span includes the braces."""

    statements: tuple[Statement, ...]


@dataclass(frozen=True, slots=True)
class Import(Node):
    """`import "path" as alias`."""

    path: Literal
    alias: Name | None


@dataclass(frozen=True, slots=True)
class From(Node):
    """`from std.vision import A, B as C`; module is a string or the names of a path."""

    module: Literal | tuple[Name, ...]
    names: tuple[tuple[Name, Name | None], ...]


@dataclass(frozen=True, slots=True)
class Extern(Node):
    """kind is `fn`, `layer` or `source`."""

    kind: str
    name: Name
    parameters: tuple[Parameter, ...]
    returns: Type | None
    body: Body
    doc: str


@dataclass(frozen=True, slots=True)
class Fn(Node):
    """`fn name(parameters) -> type { ... }`, or `= value` for a body."""

    name: Name
    parameters: tuple[Parameter, ...]
    returns: Type | None
    body: Body | Expr
    doc: str


@dataclass(frozen=True, slots=True)
class Param(Node):
    """`param name: type = default in space`."""

    parameter: Parameter
    doc: str


@dataclass(frozen=True, slots=True)
class Declaration(Node):
    """`data`, `train`, `export`, `tune` or `generate`, with a body of settings."""

    kind: str
    name: Name | None
    body: Body
    doc: str


@dataclass(frozen=True, slots=True)
class Definition(Node):
    """`model` or `block`. A body that is an expression is a chain of layers: `block B = A -> C`."""

    kind: str
    name: Name
    parameters: tuple[Parameter, ...]
    body: Body | Expr
    doc: str


@dataclass(frozen=True, slots=True)
class Section(Node):
    """`budget { ... }`: a name and a body, inside another body."""

    name: Name
    body: Body


@dataclass(frozen=True, slots=True)
class Input(Node):
    """`input name: type`."""

    name: Name
    type: Type


@dataclass(frozen=True, slots=True)
class Output(Node):
    """`output name: type = value`, `output name: type`, `output name = value`, `output value`."""

    name: Name | None
    type: Type | None
    value: Expr | None


@dataclass(frozen=True, slots=True)
class Field(Node):
    """`field a: T, b: U = value`."""

    fields: tuple[tuple[Name, Type], ...]
    value: Expr | None


@dataclass(frozen=True, slots=True)
class Let(Node):
    """`let name = value`."""

    name: Name
    value: Expr
    doc: str


@dataclass(frozen=True, slots=True)
class Step(Node):
    """`step name updates names times count { ... }`."""

    name: Name
    updates: tuple[Name, ...]
    times: Expr | None
    body: Body


@dataclass(frozen=True, slots=True)
class Augment(Node):
    """`augment value`."""

    value: Expr


@dataclass(frozen=True, slots=True)
class Penalty(Node):
    """`penalty value`."""

    value: Expr


@dataclass(frozen=True, slots=True)
class Pattern(Node):
    """`*.bias`, `bert.layers[i]`: names (`*` for any one) and subscripts, in order.

    A subscript is a `List` of one, so that `a[i]` is not `a.i`.
    """

    parts: tuple[Name | Expr, ...]


@dataclass(frozen=True, slots=True)
class Weights(Node):
    """`weights patterns { ... }`."""

    patterns: tuple[Pattern, ...]
    body: Body


@dataclass(frozen=True, slots=True)
class State(Node):
    """`state name: type = value`."""

    name: Name
    type: Type
    value: Expr


@dataclass(frozen=True, slots=True)
class Next(Node):
    """`next name = value`."""

    name: Name
    value: Expr


@dataclass(frozen=True, slots=True)
class If(Node):
    """The branches in order, each with its test, and the last body if there is an `else`."""

    branches: tuple[tuple[Expr, Body], ...]
    otherwise: Body | None


@dataclass(frozen=True, slots=True)
class For(Node):
    """`for names in iterable { ... }`."""

    names: tuple[Name, ...]
    iterable: Expr
    body: Body


@dataclass(frozen=True, slots=True)
class Assign(Node):
    """`a = value`, `a, b = value`, `a: type = value`."""

    names: tuple[Name, ...]
    type: Type | None
    value: Expr


@dataclass(frozen=True, slots=True)
class Bare(Node):
    """An expression that stands alone: a limit in a budget, `require(...)`."""

    value: Expr


@dataclass(frozen=True, slots=True)
class Broken(Node):
    """A statement that did not parse; its errors are reported already."""


Statement = (
    Import
    | From
    | Extern
    | Fn
    | Param
    | Declaration
    | Definition
    | Section
    | Input
    | Output
    | Field
    | Let
    | Step
    | Augment
    | Penalty
    | Weights
    | State
    | Next
    | If
    | For
    | Assign
    | Bare
    | Broken
)


@dataclass(frozen=True, slots=True)
class File:
    """The statements of one source."""

    source: Source
    statements: tuple[Statement, ...]
