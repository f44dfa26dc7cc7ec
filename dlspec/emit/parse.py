"""Expressions from their text, read by Python's own parser."""

from __future__ import annotations

import ast
from collections.abc import Callable
from functools import lru_cache

from dlspec.emit.nodes import (
    Arg,
    Atom,
    Attribute,
    Binary,
    Call,
    Clause,
    Compare,
    Dict,
    DictComp,
    Expr,
    Generator,
    IfElse,
    Index,
    Lambda,
    List,
    ListComp,
    Set,
    SetComp,
    Slice,
    Star,
    Tuple,
    Unary,
)
from dlspec.emit.text import escaped, number, quoted

Operands = tuple[Expr, ...]
Clauses = tuple[Clause, ...]

_OPERATORS: dict[type[ast.AST], str] = {
    **{ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/", ast.FloorDiv: "//", ast.Mod: "%"},
    **{ast.MatMult: "@", ast.Pow: "**", ast.LShift: "<<", ast.RShift: ">>", ast.BitOr: "|"},
    **{ast.BitXor: "^", ast.BitAnd: "&", ast.And: "and", ast.Or: "or", ast.Not: "not"},
    **{ast.USub: "-", ast.UAdd: "+", ast.Invert: "~", ast.Eq: "==", ast.NotEq: "!=", ast.Lt: "<"},
    **{ast.LtE: "<=", ast.Gt: ">", ast.GtE: ">=", ast.Is: "is", ast.IsNot: "is not"},
    **{ast.In: "in", ast.NotIn: "not in"},
}


@lru_cache(maxsize=4096)
def parse(text: str) -> Expr:
    """The expression that a text holds.

    Raises:
        ValueError: the text is not exactly one expression, or holds one that generated code
            has no use for (`await`, `yield`, `:=`).
    """
    try:
        return _read(ast.parse(text, mode="eval").body, text)
    except (SyntaxError, RecursionError) as error:
        raise ValueError(f"not an expression: {text!r}") from error


def _read(node: ast.expr, text: str) -> Expr:
    def read(inner: ast.expr) -> Expr:
        return _read(inner, text)

    def maybe(inner: ast.expr | None) -> Expr | None:
        return None if inner is None else _read(inner, text)

    def every(inner: list[ast.expr]) -> tuple[Expr, ...]:
        return tuple(_read(n, text) for n in inner)

    def clauses(found: list[ast.comprehension]) -> tuple[Expr, Expr, Operands, Clauses]:
        first, *inner = ((read(c.target), read(c.iter), every(c.ifs)) for c in found)
        return *first, tuple(Clause(*parts) for parts in inner)

    match node:
        case ast.Name(name):
            return Atom(name)
        case ast.Constant(value):
            return _constant(value, ast.get_source_segment(text, node) or "")
        case ast.JoinedStr():
            return Atom(f'f"{"".join(_formatted(part, read) for part in node.values)}"', "format")
        case ast.Attribute(value, name):
            return Attribute(read(value), name)
        case ast.Subscript(value, index):
            return Index(read(value), read(index))
        case ast.Slice(lower, upper, step):
            return Slice(maybe(lower), maybe(upper), maybe(step))
        case ast.Starred(value):
            return Star(read(value))
        case ast.Call(callee, args, keywords):
            named = tuple(Arg(read(k.value), k.arg or "**") for k in keywords)
            return Call(read(callee), tuple(map(Arg, every(args))) + named)
        case ast.Tuple(items):
            return Tuple(every(items))
        case ast.List(items):
            return List(every(items))
        case ast.Set(items):
            return Set(every(items))
        case ast.Dict(keys, values):
            return Dict(tuple(zip(map(maybe, keys), every(values), strict=True)))
        case ast.BoolOp(op, [first, *rest]):
            found = read(first)
            for value in rest:
                found = Binary(found, _OPERATORS[type(op)], read(value))
            return found
        case ast.BinOp(left, op, right):
            return Binary(read(left), _OPERATORS[type(op)], read(right))
        case ast.UnaryOp(op, operand):
            return Unary(_OPERATORS[type(op)], read(operand))
        case ast.Compare(left, ops, rights):
            names = [_OPERATORS[type(op)] for op in ops]
            pairs = tuple(zip(names, every(rights), strict=True))
            return Compare(read(left), *pairs[0], pairs[1:])
        case ast.IfExp(test, body, otherwise):
            return IfElse(read(body), read(test), read(otherwise))
        case ast.Lambda(ast.arguments([], names, None, [], [], None, []), body):
            return Lambda(tuple(a.arg for a in names), read(body))
        case ast.GeneratorExp(element, generators):
            return Generator(read(element), *clauses(generators))
        case ast.ListComp(element, generators):
            return ListComp(read(element), *clauses(generators))
        case ast.SetComp(element, generators):
            return SetComp(read(element), *clauses(generators))
        case ast.DictComp(key, value, generators):
            return DictComp(read(value), *clauses(generators), key=read(key))
    raise ValueError(f"no {type(node).__name__} in generated code: {text!r}")


def _constant(value: object, source: str) -> Expr:
    match value:
        case None | bool():
            return Atom(str(value), "constant")
        case str():
            return Atom(quoted(value), "string")
        case int() | float():
            # The text tells `1_000` from `1000`.
            return Atom(source if "_" in source else number(value), "number")
    if value is Ellipsis:
        return Atom("...", "constant")
    raise ValueError(f"no such literal in generated code: {source}")


def _formatted(part: ast.expr, read: Callable[[ast.expr], Expr]) -> str:
    """A piece of a formatted string. Strings inside of its braces have single quotes."""
    match part:
        case ast.Constant(str(value)) if '"' not in value:
            return escaped(value, keep="").replace("{", "{{").replace("}", "}}")
        case ast.FormattedValue(value, conversion, form):
            inner = str(read(value))
            if not inner.startswith("{") and not {"'", "\\"} & {*inner}:
                inner = inner.replace('"', "'")
                inner += f"!{chr(conversion)}" if conversion > 0 else ""
                pieces = form.values if isinstance(form, ast.JoinedStr) else []
                spec = "".join(_formatted(p, read) for p in pieces)
                return f"{{{inner}:{spec}}}" if spec else f"{{{inner}}}"
    raise ValueError(f"too much for a formatted string: {ast.unparse(part)}")
