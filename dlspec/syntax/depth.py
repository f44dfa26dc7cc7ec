"""A bound on how deep a tree is, so that whoever walks it may do so by recursion."""

from __future__ import annotations

from collections.abc import Iterable

from dlspec.diagnostics import Diagnostic
from dlspec.diagnostics.text import TooDeep
from dlspec.syntax import tree
from dlspec.syntax.words import Word

DEEPEST = 200


def bounded(
    statements: tuple[tree.Statement, ...], words: Iterable[Word]
) -> tuple[tuple[tree.Statement, ...], list[Diagnostic]]:
    """The statements, with those that nest too deep as broken ones, and an error for each."""
    if not _long(words):
        return statements, []
    kept: list[tree.Statement] = []
    errors: list[Diagnostic] = []
    for statement in statements:
        deep = _too_deep(statement)
        if deep is not None:
            errors.append(TooDeep(deep.span, DEEPEST))
        kept.append(statement if deep is None else tree.Broken(statement.span))
    return tuple(kept), errors


def _long(words: Iterable[Word]) -> bool:
    """Whether a statement has words enough to be too deep: brackets are bounded already."""
    length = 0
    for word in words:
        length = 0 if word.type == "SEP" else length + 1
        if length > DEEPEST:
            return True
    return False


def _too_deep(root: tree.Node) -> tree.Node | None:
    """The first node found below the bound."""
    stack: list[tuple[object, int]] = [(root, 1)]
    while stack:
        value, depth = stack.pop()
        if isinstance(value, tuple):
            stack.extend((item, depth) for item in value)
        elif isinstance(value, tree.Node):
            if depth > DEEPEST:
                return value
            names = (n for n in value.__match_args__ if n not in ("span", "op_span"))
            stack.extend((getattr(value, name), depth + 1) for name in names)
    return None
