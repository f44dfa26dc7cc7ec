"""Expressions made explicit: text parsed, and parentheses where the precedence asks for them."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache

from dlspec.emit.nodes import (
    Arg,
    Atom,
    Attribute,
    Binary,
    Call,
    Clause,
    Code,
    Compare,
    Comprehension,
    Dict,
    DictComp,
    Expr,
    Generator,
    IfElse,
    Index,
    Lambda,
    List,
    Paren,
    Set,
    Slice,
    Star,
    Tuple,
    Unary,
)
from dlspec.emit.parse import parse
from dlspec.emit.text import check_name

# Binding strengths, loosest first.
(
    LAMBDA,
    TERNARY,
    OR,
    AND,
    NOT,
    COMPARE,
    BIT_OR,
    BIT_XOR,
    BIT_AND,
    SHIFT,
    ADD,
    MUL,
    UNARY,
    POW,
    ATOM,
) = range(15)

STRENGTH = {
    **{"or": OR, "and": AND, "|": BIT_OR, "^": BIT_XOR, "&": BIT_AND, "<<": SHIFT, ">>": SHIFT},
    **{"+": ADD, "-": ADD, "*": MUL, "/": MUL, "//": MUL, "%": MUL, "@": MUL, "**": POW},
}
COMPARISONS = frozenset({"==", "!=", "<", "<=", ">", ">=", "is", "is not", "in", "not in"})
UNARY_OPERATORS = {"-": UNARY, "+": UNARY, "~": UNARY, "not": NOT}

Operand = Expr | str


def strength(expr: Expr) -> int:
    """How tightly the outermost part of an expression binds."""
    match expr:
        case Lambda() | Star():
            return LAMBDA
        case IfElse():
            return TERNARY
        case Binary(op=op):
            return STRENGTH[op]
        case Unary(op=op):
            return UNARY_OPERATORS[op]
        case Compare():
            return COMPARE
        case _:
            return ATOM


@lru_cache(maxsize=4096)
def explicit(expr: Operand) -> Expr:
    """The same expression without `Code`, with a `Paren` wherever the text needs parentheses.

    Raises:
        ValueError: text that is not exactly one expression, or a name that is none.
    """
    match expr:
        case str() | Code():
            return explicit(parse(expr if isinstance(expr, str) else expr.text))
        case Atom(kind="name"):
            check_name(expr.text)
            return expr
        case Atom():
            return expr
        case Paren(value):
            return Paren(explicit(value))
        case Call(callee, args):
            return replace(expr, callee=_primary(callee), args=_arguments(args))
        case Tuple(items) | List(items) | Set(items):
            return replace(expr, items=tuple(explicit(i) for i in items))
        case Dict(items):
            return replace(expr, items=tuple(_pair(k, v) for k, v in items))
        case Comprehension():
            return _comprehension(expr)
        case Binary(left, op, right):
            tight = STRENGTH[op]
            if op == "**":
                return Binary(_at(ATOM, left), op, _at(UNARY, right))
            return Binary(_at(tight, left), op, _at(tight + 1, right))
        case Compare(left, op, right, more):
            pairs = tuple((o, _at(BIT_OR, r)) for o, r in ((op, right), *more))
            if unknown := {o for o, _ in pairs} - COMPARISONS:
                raise ValueError(f"not comparisons: {sorted(unknown)}")
            return Compare(_at(BIT_OR, left), *pairs[0], pairs[1:])
        case Unary(op, operand):
            inner = _at(UNARY_OPERATORS[op], operand)
            # `-(x**2)`, as the formatter writes it.
            power = isinstance(inner, Binary) and inner.op == "**"
            return Unary(op, Paren(inner) if power else inner)
        case Attribute(value, name):
            return Attribute(_primary(value), check_name(name))
        case Index(value, index):
            return Index(_primary(value), _subscript(explicit(index)))
        case Slice(lower, upper, step):
            return Slice(*(None if e is None else explicit(e) for e in (lower, upper, step)))
        case IfElse(body, test, otherwise):
            return IfElse(_at(OR, body), _at(OR, test), _at(TERNARY, otherwise))
        case Star(value):
            return Star(_at(BIT_OR, value))
        case Lambda(parameters, body):
            return Lambda(tuple(check_name(p) for p in parameters), explicit(body))
    raise TypeError(f"not an expression: {expr!r}")


def _pair(key: Operand | None, value: Operand) -> tuple[Expr | None, Expr]:
    return (None, _at(BIT_OR, value)) if key is None else (explicit(key), explicit(value))


def _at(needed: int, expr: Operand) -> Expr:
    found = explicit(expr)
    return Paren(found) if strength(found) < needed else found


def _primary(expr: Operand) -> Expr:
    """What stands before a dot or a bracket."""
    found = _at(ATOM, expr)
    return Paren(found) if isinstance(found, Atom) and found.kind == "number" else found


def _arguments(args: tuple[Arg, ...]) -> tuple[Arg, ...]:
    if (
        len(args) == 1
        and not args[0].name
        and isinstance(found := explicit(args[0].value), Generator)
    ):
        return (Arg(replace(found, naked=True)),)
    return tuple(
        Arg(_at(BIT_OR, a.value), a.name)
        if a.name == "**"
        else Arg(explicit(a.value), check_name(a.name) if a.name else "")
        for a in args
    )


def _subscript(index: Expr) -> Expr:
    match index:
        case Tuple([_, _, *_]) | Tuple([Slice()]):
            return replace(index, naked=True)
    return index


def _comprehension(expr: Comprehension) -> Expr:
    first, *inner = (
        Clause(naked(c.target), _at(OR, c.iterable), tuple(_at(OR, i) for i in c.conditions))
        for c in expr.clauses
    )
    found: Comprehension = replace(
        expr,
        element=explicit(expr.element),
        target=first.target,
        iterable=first.iterable,
        conditions=first.conditions,
        inner=tuple(inner),
    )
    return replace(found, key=explicit(found.key)) if isinstance(found, DictComp) else found


def naked(expr: Operand) -> Expr:
    """A target or a returned value: a tuple of two or more has no parentheses."""
    return _subscript(explicit(expr))
