"""Expressions of Python as frozen values. Where one of them takes text, the text is code.

Only `literal` and `call` turn Python values into code; everything that comes from a spec goes
through them, or through `identifier`.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from dlspec.emit.text import number, quoted


@dataclass(frozen=True, slots=True)
class Expr:
    """An expression. `str(expr)` is its text on one line."""

    def __str__(self) -> str:
        from dlspec.emit.layout import flat

        return flat(self)


@dataclass(frozen=True, slots=True)
class Code(Expr):
    """The text of exactly one expression, which is parsed before it is printed."""

    text: str


@dataclass(frozen=True, slots=True)
class Atom(Expr):
    """One token: a name, or a literal as it is to be printed."""

    text: str
    kind: Literal["name", "number", "string", "format", "constant"] = "name"


@dataclass(frozen=True, slots=True)
class Paren(Expr):
    """An expression in parentheses, which are put in by themselves wherever they are needed."""

    value: Expr


@dataclass(frozen=True, slots=True)
class Arg:
    """An argument of a call: positional, `name=value`, or `**value` where the name is `**`."""

    value: Expr
    name: str = ""


@dataclass(frozen=True, slots=True)
class Call(Expr):
    """`callee(args)`. With `broken`, one argument to a line even where all would fit."""

    callee: Expr | str
    args: tuple[Arg, ...] = ()
    broken: bool = False


@dataclass(frozen=True, slots=True)
class Tuple(Expr):
    """`(a, b)`. With `broken`, one of several items to a line; `naked`, without parentheses."""

    items: tuple[Expr | str, ...] = ()
    broken: bool = False
    naked: bool = False


@dataclass(frozen=True, slots=True)
class List(Expr):
    items: tuple[Expr | str, ...] = ()
    broken: bool = False


@dataclass(frozen=True, slots=True)
class Set(Expr):
    """`{a, b}`, which needs at least one item."""

    items: tuple[Expr | str, ...]
    broken: bool = False


@dataclass(frozen=True, slots=True)
class Dict(Expr):
    """`{key: value}`. An item whose key is None is `**value`."""

    items: tuple[tuple[Expr | str | None, Expr | str], ...] = ()
    broken: bool = False


@dataclass(frozen=True, slots=True)
class Clause:
    """`for target in iterable if condition ...` inside brackets."""

    target: Expr | str
    iterable: Expr | str
    conditions: tuple[Expr | str, ...] = ()


@dataclass(frozen=True, slots=True)
class Comprehension(Expr):
    """The common part of generators, lists, sets and dicts that are computed."""

    element: Expr | str
    target: Expr | str
    iterable: Expr | str
    conditions: tuple[Expr | str, ...] = ()
    inner: tuple[Clause, ...] = ()

    @property
    def clauses(self) -> tuple[Clause, ...]:
        return (Clause(self.target, self.iterable, self.conditions), *self.inner)


@dataclass(frozen=True, slots=True)
class Generator(Comprehension):
    """`(element for target in iterable)`; the only argument of a call needs no parentheses."""

    naked: bool = False


@dataclass(frozen=True, slots=True)
class ListComp(Comprehension):
    """`[element for target in iterable]`."""


@dataclass(frozen=True, slots=True)
class SetComp(Comprehension):
    """`{element for target in iterable}`."""


@dataclass(frozen=True, slots=True)
class DictComp(Comprehension):
    """`{key: element for target in iterable}`."""

    key: Expr | str = ""


@dataclass(frozen=True, slots=True)
class Binary(Expr):
    """`left op right`, for arithmetic and for `and` and `or`."""

    left: Expr | str
    op: str
    right: Expr | str


@dataclass(frozen=True, slots=True)
class Compare(Expr):
    """`left op right`, and further pairs of a chain."""

    left: Expr | str
    op: str
    right: Expr | str
    more: tuple[tuple[str, Expr | str], ...] = ()

    @property
    def pairs(self) -> tuple[tuple[str, Expr | str], ...]:
        return ((self.op, self.right), *self.more)


@dataclass(frozen=True, slots=True)
class Unary(Expr):
    """`-x`, `+x`, `~x` or `not x`."""

    op: str
    operand: Expr | str


@dataclass(frozen=True, slots=True)
class Attribute(Expr):
    value: Expr | str
    name: str


@dataclass(frozen=True, slots=True)
class Slice(Expr):
    """`lower:upper:step`, inside an `Index` only."""

    lower: Expr | str | None = None
    upper: Expr | str | None = None
    step: Expr | str | None = None


@dataclass(frozen=True, slots=True)
class Index(Expr):
    """`value[index]`; a tuple of two or more is printed without its parentheses."""

    value: Expr | str
    index: Expr | str


@dataclass(frozen=True, slots=True)
class IfElse(Expr):
    """`body if test else otherwise`."""

    body: Expr | str
    test: Expr | str
    otherwise: Expr | str


@dataclass(frozen=True, slots=True)
class Star(Expr):
    """`*value`, in a call, a tuple or a list."""

    value: Expr | str


@dataclass(frozen=True, slots=True)
class Lambda(Expr):
    """`lambda parameters: body`; the parameters are names."""

    parameters: tuple[str, ...]
    body: Expr | str


def literal(value: object) -> Expr:
    """The literal of a Python value; an expression stands for itself.

    Raises:
        TypeError: the value is no number, string, tuple, list or dict of them.
    """
    if isinstance(value, Expr):
        return value
    if value is None or isinstance(value, bool):
        return Atom(str(value), "constant")
    if isinstance(value, int | float):
        return _number(value)
    if isinstance(value, str):
        return Atom(quoted(value), "string")
    if isinstance(value, tuple):
        return Tuple(tuple(map(literal, value)))
    if isinstance(value, list):
        return List(tuple(map(literal, value)))
    if isinstance(value, Mapping):
        return Dict(tuple((literal(k), literal(v)) for k, v in value.items()))
    raise TypeError(f"no literal for {value!r}")


def _number(value: int | float) -> Expr:
    if isinstance(value, float) and not math.isfinite(value):
        return call("float", str(value))
    plain = Atom(number(value), "number")
    return Unary("-", plain) if str(value).startswith("-") else plain


def item(of: Expr | str, name: str) -> Index:
    """`of["name"]`."""
    return Index(of, literal(name))


def call(callee: Expr | str, /, *args: object, **named: object) -> Call:
    """A call whose arguments are Python values, printed by `literal`, or expressions."""
    positional = tuple(Arg(literal(value)) for value in args)
    return Call(callee, positional + tuple(Arg(literal(v), n) for n, v in named.items()))
