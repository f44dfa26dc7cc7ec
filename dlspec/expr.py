"""Arithmetic that is evaluated at compile time, kept as it was written.

The elaborator evaluates a spec's arithmetic and keeps, beside each value, the expression over
parameters, bound dimensions and loop variables that made it (its origin). Backends print origins,
so that generated classes show the spec's arithmetic and not only its results.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import groupby
from typing import Any, ClassVar, Self


@dataclass(frozen=True, slots=True)
class Const:
    """A literal."""

    value: Any


@dataclass(frozen=True, slots=True)
class Ref:
    """A name of the block: a parameter, a bound dimension, or a loop's variable.

    `loop` is the number of the loop (in order of appearance in the block) for a loop variable.
    """

    name: str
    loop: int | None = None


@dataclass(frozen=True, slots=True)
class Term:
    """An operator or function applied to operands; `op` is a key of `OPERATORS`."""

    op: str
    operands: tuple[Expr, ...]


Expr = Const | Ref | Term


def _divide(a: Any, b: Any) -> Any:
    return a / b


MATHEMATICS = (
    *("floor", "ceil", "sqrt", "exp", "expm1", "log", "log1p", "log2", "log10"),
    *("sin", "cos", "tan", "asin", "acos", "atan"),
    *("sinh", "cosh", "asinh", "acosh", "atanh"),
)
"""Functions of a number that Python's `math` has under these names."""

OPERATORS: dict[str, Callable[..., Any]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": _divide,
    "//": operator.floordiv,
    "%": operator.mod,
    "**": operator.pow,
    "neg": operator.neg,
    "not": operator.not_,
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "in": lambda a, b: a in b,
    "not in": lambda a, b: a not in b,
    "and": lambda a, b: a and b,
    "or": lambda a, b: a or b,
    "if": lambda test, then, otherwise: then if test else otherwise,
    "index": lambda value, at: value[at],
    "list": lambda *items: list(items),
    "tuple": lambda *items: tuple(items),
    "int": int,
    "float": float,
    "len": len,
    "min": min,
    "max": max,
    "abs": abs,
    "sum": sum,
    "round": round,
    "range": lambda *a: list(range(*a)),
    "enumerate": lambda items: list(enumerate(items)),
    "zip": lambda *lists: list(zip(*lists, strict=True)),
    "reversed": lambda items: list(reversed(items)),
    **{name: getattr(math, name) for name in MATHEMATICS},
}


@dataclass(frozen=True, slots=True)
class Static:
    """A compile-time value and its origin (None where it has none that can be printed)."""

    value: Any
    origin: Expr | None = None


@dataclass(frozen=True, slots=True)
class Chosen(Static):
    """A number that was chosen beside a tensor, `side = x if both else 0`, with its name."""

    wire: str = ""


def constant(value: Any) -> Static:
    """A literal as a value with itself as origin."""
    return Static(value, Const(value))


def evaluate(expr: Expr, env: Mapping[Ref, Any]) -> Any:
    """The value of an expression where each name has the value that `env` gives it.

    Raises KeyError where a name has none, and what the operators raise.
    """
    match expr:
        case Const(value):
            return value
        case Ref():
            return env[expr]
        case Term("if", (test, then, otherwise)):
            return evaluate(then if evaluate(test, env) else otherwise, env)
        case Term("and", (a, b)):
            return evaluate(a, env) and evaluate(b, env)
        case Term("or", (a, b)):
            return evaluate(a, env) or evaluate(b, env)
        case Term(op, operands):
            return OPERATORS[op](*(evaluate(o, env) for o in operands))


def refs(expr: Expr) -> Iterator[Ref]:
    """Every name in an expression, in order, with repetitions."""
    match expr:
        case Ref():
            yield expr
        case Term(_, operands):
            for o in operands:
                yield from refs(o)


class Size(int):
    """A dimension: an integer that remembers its origin.

    Passed on unchanged, it keeps the origin; arithmetic gives a plain integer, which has none.
    """

    origin: Expr | None
    fixed: ClassVar[bool] = True
    """Whether it is the same for every batch; see `length.Dynamic`."""

    def __new__(cls, value: int, origin: Expr | None = None) -> Self:
        size = super().__new__(cls, value)
        size.origin = origin
        return size

    def made_by(self, origin: Expr | None) -> Size:
        """The same size with another origin."""
        return Size(self, origin)


def with_origin(value: int, origin: Expr | None) -> Size:
    """An integer with an origin, in place of the one that it may have."""
    return value.made_by(origin) if isinstance(value, Size) else Size(value, origin)


def fixed(value: object) -> bool:
    """Whether a value is the same for every batch, as all are but dynamic sizes."""
    return not isinstance(value, Size) or value.fixed


def origin(value: object) -> Expr | None:
    """The origin of a size; None for anything else."""
    return value.origin if isinstance(value, Size) else None


def _folded(op: str, values: tuple[int, ...], result: int) -> int:
    parts = [origin(v) or (Const(int(v)) if fixed(v) else None) for v in values]
    if op == "+":
        parts = _counted(parts)
    if all(isinstance(p, Const) for p in parts):
        return Size(result, Const(result))
    term = parts[0]
    for part in parts[1:]:
        term = Term(op, (term, part)) if term is not None and part is not None else None
    return with_origin(result, term)


def _counted(parts: list[Expr | None]) -> list[Expr | None]:
    """Equal terms of a sum that stand side by side as a product: `8 * dim` for eight sizes."""
    found: list[Expr | None] = []
    for e, same in groupby(parts):
        count = len(list(same))
        several = count > 2 and e is not None and not isinstance(e, Const)
        found += [Term("*", (Const(count), e))] if several and e else [e] * count
    return found


def total(*values: int) -> int:
    """The sum of some sizes, whose origin is the sum of theirs."""
    return _folded("+", values, sum(values))


def product(*values: int) -> int:
    """The product of some sizes, whose origin is the product of theirs."""
    if len(values) == 1:
        return values[0]
    kept = tuple(v for v in values if v != 1) or (1,)
    result = 1
    for v in kept:
        result *= v
    return _folded("*", kept, result)
