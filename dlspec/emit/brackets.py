"""Atoms, and what stands in brackets of its own: tuples, lists, dicts, comprehensions."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from dlspec.emit.document import Document, Group, Line
from dlspec.emit.explicit import explicit
from dlspec.emit.levels import (
    INSIDE,
    Layout,
    Level,
    bracketed,
    inside,
    layout,
    parentheses_if_broken,
    separated,
)
from dlspec.emit.nodes import (
    Atom,
    Clause,
    Comprehension,
    Dict,
    DictComp,
    Expr,
    Generator,
    List,
    ListComp,
    Paren,
    Set,
    SetComp,
    Tuple,
)


def _atom(expr: Atom, level: Level) -> Document:
    return expr.text


def _paren(expr: Paren, level: Level) -> Document:
    return bracketed("(", layout(expr.value, INSIDE), ")", level)


def items_of(expr: Tuple | List | Set) -> Document:
    return separated((inside(i) for i in expr.items), expr.broken)


def _tuple(expr: Tuple, level: Level) -> Document:
    if not expr.items:
        return "()"
    if len(expr.items) == 1:
        return bracketed("(", [inside(expr.items[0]), ","], ")", level)
    if expr.naked and not expr.broken:
        return parentheses_if_broken(items_of(expr))
    return bracketed("(", items_of(expr), ")", level)


def _list(expr: List, level: Level) -> Document:
    return bracketed("[", items_of(expr), "]", level) if expr.items else "[]"


def _set(expr: Set, level: Level) -> Document:
    return bracketed("{", items_of(expr), "}", level)


def _dict(expr: Dict, level: Level) -> Document:
    if not expr.items:
        return "{}"
    pairs = (Group([_key(k), inside(v)]) for k, v in expr.items)
    return bracketed("{", separated(pairs, expr.broken), "}", level)


def _key(key: Expr | str | None) -> Document:
    return "**" if key is None else [inside(key), ": "]


def _computed(left: str, right: str) -> Callable[[Comprehension, Level], Document]:
    def document(expr: Comprehension, level: Level) -> Document:
        return bracketed(left, Group(computation(expr)), right, level)

    return document


def computation(expr: Comprehension) -> Document:
    element = inside(expr.element)
    if isinstance(expr, DictComp):
        element = [Group(inside(expr.key)), ": ", element]
    parts: list[Document] = [Group(element)]
    for clause in expr.clauses:
        parts += [Line.SPACE, *_clause(clause)]
    return parts


def _clause(clause: Clause) -> Iterable[Document]:
    yield ["for ", _bare(explicit(clause.target)), " in ", inside(clause.iterable)]
    for condition in clause.conditions:
        yield Line.SPACE
        yield ["if ", inside(condition)]


def _bare(target: Expr) -> Document:
    """A target inside brackets, whose tuple never gets parentheses."""
    if not isinstance(target, Tuple) or len(target.items) < 2:
        return layout(target, INSIDE)
    first, *rest = (inside(i) for i in target.items)
    return [first, *([", ", item] for item in rest)]


def _generator(expr: Generator, level: Level) -> Document:
    if expr.naked:
        return computation(expr)
    return bracketed("(", Group(computation(expr)), ")", level)


BRACKETS: dict[type[Expr], Layout] = {
    Atom: _atom,
    Paren: _paren,
    Tuple: _tuple,
    List: _list,
    Set: _set,
    Dict: _dict,
    Generator: _generator,
    ListComp: _computed("[", "]"),
    SetComp: _computed("{", "}"),
    DictComp: _computed("{", "}"),
}
