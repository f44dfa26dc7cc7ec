"""Statements of one line, or of as many as it takes, as frozen values.

Comments stand behind their statement where they fit into the line, above it where they do not,
and are left out where they are too long even for that.
"""

from __future__ import annotations

from dataclasses import dataclass

from dlspec.emit.document import Best, Document, Group, Indent, Line, breaks
from dlspec.emit.explicit import explicit, naked
from dlspec.emit.layout import clause, layout, value
from dlspec.emit.levels import (
    INSIDE,
    OUTSIDE,
    new_level,
    optional_parentheses,
    parentheses_if_broken,
    separated,
)
from dlspec.emit.nodes import Atom, Attribute, Binary, Call, Expr, Index, Tuple
from dlspec.emit.page import Operand, Page, Statement, suite
from dlspec.emit.shape import Need, can_omit_parentheses, has_brackets, may_break, need

__all__ = ["Assign", "Do", "Page", "Raise", "Return", "Statement", "suite"]


@dataclass(frozen=True, slots=True)
class Do(Statement):
    """An expression for its effect: `skips.append(x)`."""

    value: Operand
    comment: str = ""

    def lines(self, page: Page) -> list[str]:
        found = explicit(self.value)
        sum_like = isinstance(found, Binary) and found.op in ("+", "-", "|", "^", "<<", ">>")
        return page.write(clause(found) if sum_like else layout(found, OUTSIDE), self.comment)


@dataclass(frozen=True, slots=True)
class Assign(Statement):
    """`target = value`, with an annotation `target: annotation = value`, or `target op= value`."""

    target: Operand
    value: Operand
    comment: str = ""
    annotation: Operand = ""
    op: str = ""

    def lines(self, page: Page) -> list[str]:
        target, found = naked(self.target), explicit(self.value)
        if isinstance(target, Tuple) and target.naked:
            found = naked(found)
        operator = f" {self.op}= "
        if self.annotation:
            head = [layout(target, OUTSIDE), ": "]
            kind = explicit(self.annotation)
            if not may_break(kind):
                annotation = layout(kind, OUTSIDE)
                return page.write([head, annotation, operator, value(found)], self.comment)
            return page.write([head, _right_first(kind, operator, found)], self.comment)
        if isinstance(target, Tuple) or has_brackets(target) is not None:
            return page.write(_right_first(target, operator, found), self.comment)
        return page.write([layout(target, OUTSIDE), operator, value(found)], self.comment)


def _right_first(left: Expr, operator: str, right: Expr) -> Document:
    """An assignment whose left side could break too, but should do so last."""
    before = _left(left)
    if need(right) is not Need.BEST_FIT or not isinstance(right, Atom | Attribute | Call | Index):
        return [before, operator, value(right)]
    after = layout(right, OUTSIDE)
    if breaks(before):
        return [before, operator, after]
    flat: Document = [before, operator, after]
    wrapped: Document = [
        before,
        operator,
        "(",
        Group([Indent([Line.SOFT, after]), Line.SOFT], broken=True),
        ")",
    ]
    left_broken: Document = [Group(before, broken=True), operator, after]
    if isinstance(right, Atom):
        return Best([flat, wrapped, left_broken])
    right_broken: Document = [before, operator, Group(after, broken=True)]
    return Best([flat, right_broken, wrapped, left_broken])


def _left(left: Expr) -> Document:
    owner = left
    while isinstance(owner, Attribute):
        owner = explicit(owner.value)
    if isinstance(owner, Tuple) or has_brackets(owner) is not None:
        return layout(left, OUTSIDE)
    if can_omit_parentheses(left):
        level = new_level()
        return optional_parentheses(layout(left, level), level)
    return parentheses_if_broken(layout(left, INSIDE))


@dataclass(frozen=True, slots=True)
class Return(Statement):
    value: Operand | None = None
    comment: str = ""

    def lines(self, page: Page) -> list[str]:
        if self.value is None:
            return page.write("return", self.comment)
        found = naked(self.value)
        if not isinstance(found, Tuple) or len(found.items) != 2 or found.broken:
            return page.write(["return ", value(found)], self.comment)
        level = new_level()
        items = separated(layout(explicit(i), level) for i in found.items)
        return page.write(["return ", optional_parentheses(items, level)], self.comment)


@dataclass(frozen=True, slots=True)
class Raise(Statement):
    value: Operand

    def lines(self, page: Page) -> list[str]:
        found = explicit(self.value)
        best = need(found) is Need.BEST_FIT
        return page.write(["raise ", layout(found, OUTSIDE) if best else clause(found)])
