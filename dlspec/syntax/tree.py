"""The syntax tree: what a file says, with spans and without meaning."""

from __future__ import annotations

from dlspec.frozen import frozen
from dlspec.source import Source, Span


@frozen
class Node:
    """What every node has: the place in the text that it came from."""

    span: Span


# --- expressions ------------------------------------------------------------------------------


@frozen
class Name(Node):
    """A name, wherever one stands."""

    id: str


@frozen
class Number(Node):
    """A number literal. An integer has no bound here; a float is what Python reads."""

    value: int | float
    text: str


@frozen
class Quantity(Node):
    """A number with its unit: `5 epochs`, `10 %` (unit `%`)."""

    value: int | float
    text: str
    unit: Name


@frozen
class Literal(Node):
    """A string, `true`, `false` or `none`."""

    value: str | bool | None


@frozen
class Chain(Node):
    """`head -> stage -> stage`."""

    head: Expr
    stages: tuple[Stage, ...]


@frozen
class Stage(Node):
    """`layer * count as name`; the span covers all three."""

    layer: Expr
    count: Expr | None
    name: Name | None


@frozen
class Conditional(Node):
    """`then if test else otherwise`."""

    test: Expr
    then: Expr
    otherwise: Expr


@frozen
class Binary(Node):
    """op is one of `or and == != <= >= < > in`, `not in`, `+ - * / // % @ **`."""

    op: str
    left: Expr
    right: Expr
    op_span: Span


@frozen
class Unary(Node):
    """op is `-` or `not`."""

    op: str
    operand: Expr


@frozen
class Argument(Node):
    """An argument of a call, or an item of a tuple: `value` or `name=value`."""

    name: Name | None
    value: Expr


@frozen
class Call(Node):
    """`callee(arguments)`."""

    callee: Expr
    arguments: tuple[Argument, ...]


@frozen
class Slice(Node):
    """`start:stop:step` in a subscript."""

    start: Expr | None
    stop: Expr | None
    step: Expr | None


@frozen
class Rest(Node):
    """`...` in a subscript or a shape."""


@frozen
class All(Node):
    """`*` in a shape."""


@frozen
class Index(Node):
    """`value[subscripts]`."""

    value: Expr
    subscripts: tuple[Expr | Slice | Rest, ...]


@frozen
class Attribute(Node):
    """`value.name`."""

    value: Expr
    name: Name


@frozen
class Group(Node):
    """An expression in parentheses. Kept: parentheses give a chain a scope of names."""

    value: Expr


@frozen
class Tuple(Node):
    """`(a, b)`, `(x, time=t)`, `(a,)`, `()`."""

    items: tuple[Argument, ...]


@frozen
class List(Node):
    """`[a, b]`."""

    items: tuple[Expr, ...]


@frozen
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


@frozen
class Type(Node):
    """`int`, `f32[C, H, W]` (one group), `class[10][H, W]` (two), `f32[]` (one, empty)."""

    name: Name
    groups: tuple[tuple[Expr | Rest | All, ...], ...]


@frozen
class Parameter(Node):
    """`name: type = default in space`."""

    name: Name
    type: Type
    default: Expr | None
    space: Expr | None


# --- statements -------------------------------------------------------------------------------


@frozen
class Body(Node):
    """The statements between braces; the span includes the braces."""

    statements: tuple[Statement, ...]


@frozen
class Import(Node):
    """`import "path" as alias`."""

    path: Literal
    alias: Name | None
    doc: str


@frozen
class From(Node):
    """`from std.vision import A, B as C`; module is a string or the names of a path."""

    module: Literal | tuple[Name, ...]
    names: tuple[tuple[Name, Name | None], ...]
    doc: str


@frozen
class Extern(Node):
    """kind is `fn`, `layer` or `source`."""

    kind: str
    name: Name
    parameters: tuple[Parameter, ...]
    returns: tuple[Type, ...]
    body: Body
    doc: str


@frozen
class Python(Node):
    """What an `extern` runs: the function of each backend that it names, and the types of what it
    gives."""

    functions: tuple[tuple[str, str], ...]
    gives: tuple[Type, ...]


@frozen
class Fn(Node):
    """`fn name(parameters) -> type { ... }`, or `= value` for a body, or several types in
    parentheses; `python` is what one runs that is `extern`."""

    name: Name
    parameters: tuple[Parameter, ...]
    returns: tuple[Type, ...]
    body: Body | Expr
    doc: str
    python: Python | None = None

    @property
    def kind(self) -> str:
        return "fn"


@frozen
class Param(Node):
    """`param name: type = default in space`."""

    parameter: Parameter
    doc: str


@frozen
class Declaration(Node):
    """`data`, `train`, `export`, `tune` or `generate`, with a body of settings."""

    kind: str
    name: Name | None
    body: Body
    doc: str


@frozen
class Definition(Node):
    """`model` or `block`. A body that is an expression is a chain of layers: `block B = A -> C`.
    `python` is what an `extern layer` runs behind the statements of its body."""

    kind: str
    name: Name
    parameters: tuple[Parameter, ...]
    body: Body | Expr
    doc: str
    python: Python | None = None


@frozen
class Section(Node):
    """`budget { ... }`: a name and a body, inside another body."""

    name: Name
    body: Body


@frozen
class Input(Node):
    """`input name: type`."""

    name: Name
    type: Type


@frozen
class Output(Node):
    """`output name: type = value`, `output name: type`, `output name = value`, `output value`."""

    name: Name | None
    type: Type | None
    value: Expr | None


@frozen
class Field(Node):
    """`field a: T, b: U = value`."""

    fields: tuple[tuple[Name, Type], ...]
    value: Expr | None


@frozen
class Let(Node):
    """`let name = value`."""

    name: Name
    value: Expr
    doc: str


@frozen
class Step(Node):
    """`step name updates names times count { ... }`."""

    name: Name
    updates: tuple[Name, ...]
    times: Expr | None
    body: Body


@frozen
class Augment(Node):
    """`augment value`."""

    value: Expr


@frozen
class Penalty(Node):
    """`penalty value`."""

    value: Expr


@frozen
class Pattern(Node):
    """`*.bias`, `bert.layers[i]`: names (`*` for any one) and subscripts, in order.

    A subscript is a `List` of one, so that `a[i]` is not `a.i`.
    """

    parts: tuple[Name | Expr, ...]


@frozen
class Weights(Node):
    """`weights patterns { ... }`."""

    patterns: tuple[Pattern, ...]
    body: Body


@frozen
class State(Node):
    """`state name: type = value`."""

    name: Name
    type: Type
    value: Expr


@frozen
class Next(Node):
    """`next name = value`."""

    name: Name
    value: Expr


@frozen
class If(Node):
    """The branches in order, each with its test, and the last body if there is an `else`."""

    branches: tuple[tuple[Expr, Body], ...]
    otherwise: Body | None


@frozen
class For(Node):
    """`for names in iterable { ... }`."""

    names: tuple[Name, ...]
    iterable: Expr
    body: Body


@frozen
class Assign(Node):
    """`a = value`, `a, b = value`, `a: type = value`."""

    names: tuple[Name, ...]
    type: Type | None
    value: Expr


@frozen
class Bare(Node):
    """An expression that stands alone: a limit in a budget, `require(...)`."""

    value: Expr


@frozen
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


@frozen
class File:
    """The statements of one source."""

    source: Source
    statements: tuple[Statement, ...]
