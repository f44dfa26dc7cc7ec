"""Where statements are written, what they have in common, and the empty lines between them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from dlspec.emit import text
from dlspec.emit.document import Document
from dlspec.emit.nodes import Expr
from dlspec.emit.printer import Printer
from dlspec.emit.text import INDENT


@dataclass(frozen=True, slots=True)
class Page:
    """Where lines are written: how far they are indented, and where they should end."""

    width: int = text.WIDTH
    indent: int = 0

    def deeper(self) -> Page:
        return Page(self.width, self.indent + INDENT)

    def write(self, document: Document, comment: str = "") -> list[str]:
        """A document with its comment."""
        lines = Printer(self.width, self.indent).print(document)
        if not comment.strip():
            return lines
        said = text.comment(comment)
        if len(lines) == 1 and text.columns(lines[0]) + 2 + text.columns(said) <= self.width:
            return [f"{lines[0]}  {said}"]
        if self.indent + text.columns(said) <= self.width:
            return [" " * self.indent + said, *lines]
        return lines


class Statement:
    """A statement, which writes its own lines."""

    __slots__ = ()

    def lines(self, page: Page) -> list[str]:
        raise NotImplementedError

    @property
    def is_definition(self) -> bool:
        """Whether this defines a function or class, which stands apart."""
        return False

    @property
    def last_body(self) -> Body:
        """What the lines end with, if that is a body of its own."""
        return ()


Body = Sequence[Statement]
Operand = Expr | str


@dataclass(frozen=True, slots=True)
class Blank(Statement):
    """An empty line, unless one is there anyway, or the body begins or ends here."""

    def lines(self, page: Page) -> list[str]:
        return []


@dataclass(frozen=True, slots=True)
class Raw(Statement):
    """Lines as they are, formatted already. They are indented with what stands around them."""

    text: str

    def lines(self, page: Page) -> list[str]:
        start = " " * page.indent
        return [(start + line).rstrip() for line in self.text.strip("\n").split("\n")]

    @property
    def is_definition(self) -> bool:
        return self.text.lstrip("\n").startswith(("def ", "class ", "@"))


@dataclass(frozen=True, slots=True)
class Comment(Statement):
    """A comment on lines of its own, wrapped."""

    text: str

    def lines(self, page: Page) -> list[str]:
        return text.comments(self.text, page.indent, page.width)


def suite(body: Body, page: Page) -> list[str]:
    """The lines of a body, with the empty lines that belong between its statements."""
    found: list[str] = []
    gap = 0
    before: Statement | None = None
    for i, statement in enumerate(body):
        if isinstance(statement, Blank):
            gap = 1
            continue
        if isinstance(before, Comment) and statement.is_definition:
            gap = 0
        elif _ends_with_definition(before) or begins_definition(body[i:]):
            gap = 1 if page.indent else 2
        found += [""] * gap * bool(found) + statement.lines(page)
        before, gap = statement, 0
    if page.indent and all(isinstance(s, Blank | Comment) for s in body):
        found.append(" " * page.indent + "pass")
    return found


def begins_definition(body: Body) -> bool:
    """Whether a definition comes next, or comments that belong to one."""
    first = next((s for s in body if not isinstance(s, Blank | Comment)), None)
    return first is not None and first.is_definition


def _ends_with_definition(statement: Statement | None) -> bool:
    if statement is None or statement.is_definition:
        return statement is not None
    return bool(statement.last_body) and _ends_with_definition(statement.last_body[-1])
