"""Statements with bodies, but for definitions, as frozen values."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from dlspec.emit.document import Document
from dlspec.emit.explicit import explicit, naked
from dlspec.emit.layout import clause, layout
from dlspec.emit.levels import new_level, optional_parentheses, separated
from dlspec.emit.nodes import Tuple
from dlspec.emit.page import Body, Operand, Page, Statement, begins_definition, suite


@dataclass(frozen=True, slots=True)
class If(Statement):
    """`if test: body`, any number of `elif`s, and an `else` where `otherwise` is not empty."""

    test: Operand
    body: Body
    otherwise: Body = ()
    elifs: Sequence[tuple[Operand, Body]] = ()
    comment: str = ""

    @property
    def last_body(self) -> Body:
        return self.otherwise or (self.elifs[-1][1] if self.elifs else self.body)

    def lines(self, page: Page) -> list[str]:
        found = _clause(page, ["if ", clause(explicit(self.test)), ":"], self.body, self.comment)
        for test, body in self.elifs:
            found += _clause(page, ["elif ", clause(explicit(test)), ":"], body)
        if self.otherwise:
            found += _clause(page, "else:", self.otherwise)
        return found


@dataclass(frozen=True, slots=True)
class For(Statement):
    target: Operand
    iterable: Operand
    body: Body
    comment: str = ""

    @property
    def last_body(self) -> Body:
        return self.body

    def lines(self, page: Page) -> list[str]:
        target = naked(self.target)
        left = clause(target)
        if isinstance(target, Tuple) and target.naked:
            level = new_level()
            left = optional_parentheses(
                separated(layout(explicit(i), level) for i in target.items), level
            )
        header = ["for ", left, " in ", clause(explicit(self.iterable)), ":"]
        return _clause(page, header, self.body, self.comment)


@dataclass(frozen=True, slots=True)
class While(Statement):
    test: Operand
    body: Body
    comment: str = ""

    @property
    def last_body(self) -> Body:
        return self.body

    def lines(self, page: Page) -> list[str]:
        return _clause(page, ["while ", clause(explicit(self.test)), ":"], self.body, self.comment)


@dataclass(frozen=True, slots=True)
class Block(Statement):
    """A compound statement whose header is given as text that fits on a line: `with`, `try`."""

    header: str
    body: Body
    comment: str = ""

    @property
    def last_body(self) -> Body:
        return self.body

    def lines(self, page: Page) -> list[str]:
        return _clause(page, self.header + ":", self.body, self.comment)


def _clause(page: Page, header: Document, body: Body, comment: str = "") -> list[str]:
    inner = suite(body, page.deeper())
    if begins_definition(body) and not inner[0].lstrip().startswith("#"):
        inner.insert(0, "")
    return page.write(header, comment) + inner
