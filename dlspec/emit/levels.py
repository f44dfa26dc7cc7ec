"""Where an expression may break: outside of all brackets, inside some, or in optional ones.

A level is `OUTSIDE`, `INSIDE`, or the id of a group whose parentheses appear only if it breaks.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from itertools import count
from typing import Any

from dlspec.emit.document import Document, FitsBroken, Group, IfBroken, Indent, Line
from dlspec.emit.explicit import explicit
from dlspec.emit.nodes import Expr

Level = int
Layout = Callable[[Any, int], Document]
OUTSIDE: Level = -1
INSIDE: Level = 0

LAYOUTS: dict[type[Expr], Layout] = {}
"""How each kind of expression is laid out; `dlspec.emit.layout` fills it."""

_ids = count(1)


def layout(expr: Expr, level: Level) -> Document:
    """The document of an explicit expression."""
    return LAYOUTS[type(expr)](expr, level)


def at(expr: Expr | str, level: Level) -> Document:
    """The document of a part of an expression."""
    return layout(explicit(expr), level)


def inside(expr: Expr | str | None) -> Document:
    """The document of a part that stands in brackets; nothing where there is none."""
    return "" if expr is None else at(expr, INSIDE)


def new_level() -> Level:
    """A level for the inside of one more pair of optional parentheses."""
    return next(_ids)


def optional_parentheses(content: Document, level: Level) -> Document:
    """Parentheses that appear only where breaking the brackets inside does not suffice."""
    inner = Indent([Line.SOFT, content], only_if=level)
    return Group([IfBroken("("), inner, Line.SOFT, IfBroken(")")], level)


def parentheses_if_broken(content: Document) -> Document:
    """Parentheses that appear as soon as the content breaks."""
    return optional_parentheses(content, new_level())


def bracketed(left: str, content: Document, right: str, level: Level) -> Document:
    """Content in brackets, on lines of its own where it breaks."""
    inner: Document = Group([Indent([Line.SOFT, content]), Line.SOFT])
    return [left, FitsBroken(inner, level) if level > 0 else inner, right]


def separated(
    parts: Iterable[Document], broken: bool = False, comma_after_one: bool = False
) -> Document:
    """Parts with commas, the last of which is printed where the brackets break."""
    found: list[Document] = []
    for part in parts:
        found += [",", Line.SPACE, part] if found else [part]
    if broken or comma_after_one or len(found) > 1:
        found.append(IfBroken(","))
    return [*found, Group("", broken=True)] if broken else found


def space(level: Level) -> Document:
    """A space that becomes the end of a line where brackets around it break."""
    if level == OUTSIDE:
        return " "
    if level == INSIDE:
        return Line.SPACE
    return [IfBroken(Line.SPACE, level), IfBroken(" ", level, broken=False)]


def softly(level: Level, content: Document) -> Document:
    """Content only where brackets around it break."""
    if level == OUTSIDE:
        return ""
    return IfBroken(content, max(level, 0))


def group(content: Document, level: Level) -> Document:
    """A group, if there are brackets around it."""
    if level == OUTSIDE:
        return content
    return Group(content, only_if=level) if level > 0 else Group(content)
