"""From reductions of the parser to nodes of the tree: a method for each rule of the grammar.

A method gets every symbol of its rule: `Word`s for terminals, and what the methods returned for
the rest. The builder has no state, so that one parser serves any number of files.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Any

from dlspec.source import Span
from dlspec.syntax import tree
from dlspec.syntax.words import Word

Children = list[Any]


def _nodes(children: Children) -> tuple[Any, ...]:
    """The children without punctuation and keywords."""
    return tuple(c for c in children if type(c) is not Word)


def _span(children: Children) -> Span:
    first, last = children[0].span, children[-1].span
    return Span(first.source, first.start, last.end)


def _after(children: Children, kind: str) -> Any:
    """The child after the word of a kind, or None where there is no such word."""
    for child, following in pairwise(children):
        if type(child) is Word and child.type == kind:
            return following
    return None


class _Held:
    """Nodes on their way into a larger one, with the span that they take in the text."""

    __slots__ = ("items", "span")

    def __init__(self, items: tuple[Any, ...], span: Span) -> None:
        self.items = items
        self.span = span


class Builder:
    """The `transformer` of the parser."""

    # --- files and bodies -------------------------------------------------------------------------

    def file(self, c: Children) -> tuple[tree.Statement, ...]:
        return _unrolled(c[0]) if c else ()

    def body(self, c: Children) -> tree.Body:
        return tree.Body(_span(c), _unrolled(c[1]) if len(c) == 3 else ())

    def first(self, c: Children) -> tuple[Any, Any]:
        return (None, c[0])

    def more(self, c: Children) -> tuple[Any, Any]:
        return (c[0], c[2])

    # --- declarations -----------------------------------------------------------------------------

    def import_file(self, c: Children) -> tree.Import:
        return tree.Import(_span(c), c[1], c[3] if len(c) == 4 else None, c[0].doc)

    def from_import(self, c: Children) -> tree.From:
        names = tuple(h.items for h in c[3:] if type(h) is _Held)
        module = c[1].items if type(c[1]) is _Held else c[1]
        return tree.From(_span(c), module, names, c[0].doc)

    def imported(self, c: Children) -> _Held:
        return _Held((c[0], c[2] if len(c) == 3 else None), _span(c))

    def path(self, c: Children) -> _Held:
        return _Held(_nodes(c), _span(c))

    def extern_fn(self, c: Children) -> tree.Extern:
        return tree.Extern(_span(c), "fn", c[2], c[3].items, c[5].items, c[6], c[0].doc)

    def extern_other(self, c: Children) -> tree.Extern:
        parameters = c[3].items if len(c) == 5 else ()
        return tree.Extern(_span(c), c[1].text, c[2], parameters, (), c[-1], c[0].doc)

    def fn(self, c: Children) -> tree.Fn:
        results = _after(c, "ARROW")
        returns = results.items if results is not None else ()
        return tree.Fn(_span(c), c[1], c[2].items, returns, c[-1], c[0].doc)

    def results(self, c: Children) -> _Held:
        return _Held(_nodes(c), _span(c))

    def param(self, c: Children) -> tree.Param:
        return tree.Param(_span(c), c[1], c[0].doc)

    def declaration(self, c: Children) -> tree.Declaration:
        name = c[1] if len(c) == 3 else None
        return tree.Declaration(_span(c), c[0].text, name, c[-1], c[0].doc)

    def definition(self, c: Children) -> tree.Definition:
        parameters = c[2].items if type(c[2]) is _Held else ()
        return tree.Definition(_span(c), c[0].text, c[1], parameters, c[-1], c[0].doc)

    def section(self, c: Children) -> tree.Section:
        return tree.Section(_span(c), c[0], c[1])

    def signature(self, c: Children) -> _Held:
        return _Held(_nodes(c), _span(c))

    def parameter(self, c: Children) -> tree.Parameter:
        return tree.Parameter(_span(c), c[0], c[2], _after(c, "EQUAL"), _after(c, "IN"))

    # --- statements -------------------------------------------------------------------------------

    def input(self, c: Children) -> tree.Input:
        return tree.Input(_span(c), c[1], c[3])

    def output(self, c: Children) -> tree.Output:
        return tree.Output(_span(c), c[1], c[3], _after(c, "EQUAL"))

    def output_untyped(self, c: Children) -> tree.Output:
        return tree.Output(_span(c), c[1], None, c[3])

    def output_value(self, c: Children) -> tree.Output:
        return tree.Output(_span(c), None, None, c[1])

    def field(self, c: Children) -> tree.Field:
        value = _after(c, "EQUAL")
        names = [n for n in c if type(n) is tree.Name and n is not value]
        types = [t for t in c if type(t) is tree.Type]
        return tree.Field(_span(c), tuple(zip(names, types, strict=True)), value)

    def let(self, c: Children) -> tree.Let:
        return tree.Let(_span(c), c[1], c[3], c[0].doc)

    def step(self, c: Children) -> tree.Step:
        return tree.Step(_span(c), c[1], c[3].items, _after(c, "TIMES"), c[-1])

    def augment(self, c: Children) -> tree.Augment:
        return tree.Augment(_span(c), c[1])

    def penalty(self, c: Children) -> tree.Penalty:
        return tree.Penalty(_span(c), c[1])

    def weights(self, c: Children) -> tree.Weights:
        return tree.Weights(_span(c), _nodes(c[1:-1]), c[-1])

    def pattern(self, c: Children) -> tree.Pattern:
        parts: list[tree.Name | tree.Expr] = []
        for before, child in zip([None, *c], c, strict=False):
            if type(before) is Word and before.type == "LSQB":
                parts.append(tree.List(child.span, (child,)))
            elif type(child) is not Word:
                parts.append(child)
        return tree.Pattern(_span(c), tuple(parts))

    def star(self, c: Children) -> tree.Name:
        return tree.Name(c[0].span, "*")

    def state(self, c: Children) -> tree.State:
        return tree.State(_span(c), c[1], c[3], c[5])

    def next(self, c: Children) -> tree.Next:
        return tree.Next(_span(c), c[1], c[3])

    def if_else(self, c: Children) -> tree.If:
        parts = _nodes(c)
        branches = tuple(zip(parts[::2], parts[1::2], strict=False))
        return tree.If(_span(c), branches, parts[-1] if len(parts) % 2 else None)

    def for_loop(self, c: Children) -> tree.For:
        return tree.For(_span(c), c[1].items, c[3], c[4])

    def assign(self, c: Children) -> tree.Assign:
        return tree.Assign(_span(c), c[0].items, None, c[2])

    def assign_typed(self, c: Children) -> tree.Assign:
        return tree.Assign(_span(c), (c[0],), c[2], c[4])

    def bare(self, c: Children) -> tree.Bare:
        return tree.Bare(c[0].span, c[0])

    def broken(self, c: Children) -> tree.Broken:
        return tree.Broken(_span(c))

    def names(self, c: Children) -> _Held:
        return _Held(_nodes(c), _span(c))

    # --- expressions ------------------------------------------------------------------------------

    def chained(self, c: Children) -> tree.Chain:
        return tree.Chain(_span(c), c[0], _nodes(c[1:]))

    def stage(self, c: Children) -> tree.Stage:
        return tree.Stage(_span(c), c[0], _after(c, "STAR"), _after(c, "AS"))

    def conditional(self, c: Children) -> tree.Conditional:
        return tree.Conditional(_span(c), c[2], c[0], c[4])

    def binary(self, c: Children) -> tree.Binary:
        return tree.Binary(_span(c), c[1].text, c[0], c[2], c[1].span)

    def not_in(self, c: Children) -> tree.Binary:
        return tree.Binary(_span(c), "not in", c[0], c[3], c[1].span.to(c[2].span))

    def unary(self, c: Children) -> tree.Unary:
        return tree.Unary(_span(c), c[0].text, c[1])

    def call(self, c: Children) -> tree.Call:
        arguments = _nodes(c[2].items) if len(c) == 4 else ()
        return tree.Call(_span(c), c[0], arguments)

    def index(self, c: Children) -> tree.Index:
        return tree.Index(_span(c), c[0], _nodes(c[1:]))

    def attribute(self, c: Children) -> tree.Attribute:
        return tree.Attribute(_span(c), c[0], c[2])

    def arguments(self, c: Children) -> _Held:
        """Arguments with their commas: `(a,)` is a tuple, `(a)` is not."""
        plain = (w if type(w) is Word or type(w) is tree.Argument else _plain(w) for w in c)
        return _Held(tuple(plain), c[0].span)

    def named(self, c: Children) -> tree.Argument:
        return tree.Argument(_span(c), c[0], c[2])

    def slice(self, c: Children) -> tree.Slice:
        parts: list[Any] = [None]
        for child in c:
            if type(child) is Word:
                parts.append(None)
            else:
                parts[-1] = child
        start, stop, step = (*parts, None)[:3]
        return tree.Slice(_span(c), start, stop, step)

    def rest(self, c: Children) -> tree.Rest:
        return tree.Rest(c[0].span)

    def all(self, c: Children) -> tree.All:
        return tree.All(c[0].span)

    def quantity(self, c: Children) -> tree.Quantity:
        unit = tree.Name(c[1].span, c[1].text)
        return tree.Quantity(_span(c), c[0].value, c[0].text, unit)

    def literal(self, c: Children) -> tree.Literal:
        return tree.Literal(c[0].span, {"TRUE": True, "FALSE": False, "NONE": None}[c[0].type])

    def parenthesis(self, c: Children) -> tree.Group | tree.Tuple:
        held: Children = list(c[1].items) if len(c) == 3 else []
        if len(held) == 1 and held[0].name is None:
            return tree.Group(_span(c), held[0].value)
        return tree.Tuple(_span(c), _nodes(held))

    def comprehension(self, c: Children) -> tree.Comprehension:
        return tree.Comprehension(_span(c), c[1], c[3].items, c[5])

    def list(self, c: Children) -> tree.List:
        return tree.List(_span(c), _nodes(c))

    # --- types and words --------------------------------------------------------------------------

    def type(self, c: Children) -> tree.Type:
        return tree.Type(_span(c), c[0], tuple(held.items for held in c[1:]))

    def dims(self, c: Children) -> _Held:
        return _Held(_nodes(c), _span(c))

    def name(self, c: Children) -> tree.Name:
        return tree.Name(c[0].span, c[0].text)

    def number(self, c: Children) -> tree.Number:
        return tree.Number(c[0].span, c[0].value, c[0].text)

    def string(self, c: Children) -> tree.Literal:
        return tree.Literal(c[0].span, c[0].value)


def _unrolled(cell: Any) -> tuple[tree.Statement, ...]:
    """The statements of a list that grew at its end."""
    statements = []
    while cell is not None:
        cell, statement = cell
        statements.append(statement)
    statements.reverse()
    return tuple(statements)


def _plain(value: Any) -> tree.Argument:
    return tree.Argument(value.span, None, value)
