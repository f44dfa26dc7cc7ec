"""Functions and classes as frozen values."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from dlspec.emit import text
from dlspec.emit.document import Document, Group, IfBroken, Indent, Line
from dlspec.emit.explicit import explicit
from dlspec.emit.layout import clause, layout
from dlspec.emit.levels import (
    INSIDE,
    OUTSIDE,
    new_level,
    optional_parentheses,
    parentheses_if_broken,
    separated,
)
from dlspec.emit.nodes import Arg, Call, Expr, Index
from dlspec.emit.page import Body, Operand, Page, Statement, begins_definition, suite
from dlspec.emit.shape import Need, can_omit_parentheses, need
from dlspec.emit.text import check_name


@dataclass(frozen=True, slots=True)
class Param:
    """`name: annotation = default`. The name may begin with `*` or `**`, or be `*` alone."""

    name: str
    annotation: Operand = ""
    default: Operand | None = None

    def document(self) -> Document:
        if self.name != "*":
            check_name(self.name.lstrip("*"))
        found: list[Document] = [self.name]
        if self.annotation:
            found += [": ", layout(explicit(self.annotation), INSIDE)]
        if self.default is not None:
            found += [" = " if self.annotation else "=", layout(explicit(self.default), INSIDE)]
        return found


@dataclass(frozen=True, slots=True)
class Function(Statement):
    """`def name(params) -> returns:`. The comment stands at the end of its first line."""

    name: str
    params: Sequence[Param] = ()
    body: Body = ()
    returns: Operand = ""
    docstring: str = ""
    decorators: Sequence[Operand] = ()
    comment: str = ""

    @property
    def is_definition(self) -> bool:
        return True

    def lines(self, page: Page) -> list[str]:
        head: list[Document] = ["def ", check_name(self.name)]
        if self.params:
            inner = [separated(p.document() for p in self.params)]
            if len(self.params) == 1:
                inner.append(IfBroken(","))
            parts: Document = inner if len(self.params) == 1 else Group(inner)
            head += ["(", Indent([Line.SOFT, parts]), Line.SOFT, ")"]
        else:
            head.append("()")
        if self.returns:
            head += [" -> ", self._returned(explicit(self.returns))]
        first = _decorated(page, self.decorators, [Group(head), ":"], self.comment)
        return first + _documented(page.deeper(), self.docstring, self.body, method=True)

    def _returned(self, returns: Expr) -> Document:
        if isinstance(returns, Index):
            # Parameters break before the annotation does.
            return layout(returns, OUTSIDE)
        if not self.params and need(returns) is not Need.NEVER:
            if can_omit_parentheses(returns):
                level = new_level()
                return optional_parentheses(layout(returns, level), level)
            return parentheses_if_broken(layout(returns, INSIDE))
        return clause(returns)


@dataclass(frozen=True, slots=True)
class Class(Statement):
    name: str
    bases: Sequence[Operand | Arg] = ()
    docstring: str = ""
    body: Body = ()
    decorators: Sequence[Operand] = ()
    comment: str = ""

    @property
    def is_definition(self) -> bool:
        return True

    def lines(self, page: Page) -> list[str]:
        head: Document = ["class ", check_name(self.name)]
        if self.bases:
            args = tuple(b if isinstance(b, Arg) else Arg(explicit(b)) for b in self.bases)
            head = ["class ", layout(explicit(Call(self.name, args)), OUTSIDE)]
        first = _decorated(page, self.decorators, [head, ":"], self.comment)
        return first + _documented(page.deeper(), self.docstring, self.body, method=False)


def _decorated(
    page: Page, decorators: Sequence[Operand], head: Document, comment: str
) -> list[str]:
    above = [page.write(["@", layout(explicit(d), OUTSIDE)]) for d in decorators]
    lines = page.write(head, comment)
    if len(lines) > 1 and lines[0].lstrip().startswith("#"):
        above.insert(0, [lines.pop(0)])
    return [line for part in above for line in part] + lines


def _documented(page: Page, docstring: str, body: Body, method: bool) -> list[str]:
    if not docstring.strip():
        return suite(body, page)
    said = text.docstring(docstring, page.indent, page.width)
    if not body:
        return said
    apart = not method or begins_definition(body)
    return [*said, *([""] if apart else []), *suite(body, page)]
