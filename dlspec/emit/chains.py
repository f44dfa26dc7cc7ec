"""Calls, attributes and subscripts, and the chains that they form."""

from __future__ import annotations

from dlspec.emit.brackets import computation, items_of
from dlspec.emit.document import Document, Group, Line
from dlspec.emit.explicit import explicit
from dlspec.emit.levels import INSIDE, OUTSIDE, Layout, Level, bracketed, inside, layout, separated
from dlspec.emit.nodes import (
    Arg,
    Atom,
    Attribute,
    Call,
    Expr,
    Generator,
    Index,
    Paren,
    Slice,
    Tuple,
    Unary,
)
from dlspec.emit.shape import is_chain


def _link(expr: Call | Attribute | Index, level: Level) -> Document:
    """The last link of a chain, which decides whether each call stands on a line of its own."""
    chain = level != OUTSIDE and is_chain(expr)
    inner = _linked(expr, level, chain)
    return Group(inner) if chain else inner


def _linked(expr: Expr, level: Level, chain: bool) -> Document:
    match expr:
        case Call(callee, args, broken):
            return [_owner(callee, level, chain), _arguments(args, level, broken)]
        case Index(owner, index):
            return [_owner(owner, level, chain), _subscript(explicit(index), level)]
        case Attribute(owner, name):
            inner = explicit(owner)
            before = Line.SOFT if chain and isinstance(inner, Call | Index | Paren) else ""
            # Outside a chain, the owner of an attribute decides for itself.
            linked = _owner(owner, level, chain) if chain else layout(inner, level)
            return [linked, before, ".", name]
    raise TypeError(f"not a link of a chain: {expr!r}")


def _owner(owner: Expr | str, level: Level, chain: bool) -> Document:
    inner = explicit(owner)
    if isinstance(inner, Call | Attribute | Index):
        return _linked(inner, level, chain)
    return layout(inner, level)


def _arguments(args: tuple[Arg, ...], level: Level, broken: bool) -> Document:
    if not args:
        return "()"
    single = args[0].value if len(args) == 1 and not args[0].name else None
    if isinstance(single, Generator):
        return bracketed("(", Group(computation(single)), ")", level)
    content = separated((_argument(a) for a in args), broken)
    return bracketed("(", Group(content), ")", level)


def _argument(arg: Arg) -> Document:
    inner = inside(arg.value)
    if not arg.name:
        return inner
    return ["**", inner] if arg.name == "**" else [f"{arg.name}=", inner]


def _subscript(index: Expr, level: Level) -> Document:
    if isinstance(index, Tuple) and index.naked:
        items = Group(items_of(index)) if len(index.items) > 1 else [inside(index.items[0]), ","]
        return bracketed("[", items, "]", level)
    return bracketed("[", layout(index, INSIDE), "]", level)


def _slice(expr: Slice, level: Level) -> Document:
    bounds = [e for e in (expr.lower, expr.upper, expr.step) if e is not None]
    wide = " " if not all(_simple_bound(explicit(e)) for e in bounds) else ""
    found = [inside(expr.lower), wide if expr.lower is not None else "", ":"]
    found += [wide if expr.upper is not None else "", inside(expr.upper)]
    if expr.step is not None:
        found += [wide if expr.upper is not None else "", ":", wide, inside(expr.step)]
    return found


def _simple_bound(expr: Expr) -> bool:
    if isinstance(expr, Unary) and expr.op != "not":
        return _simple_bound(explicit(expr.operand))
    return isinstance(expr, Atom) and expr.kind != "format"


CHAINS: dict[type[Expr], Layout] = {
    Call: _link,
    Attribute: _link,
    Index: _link,
    Slice: _slice,
}
