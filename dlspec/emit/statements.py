"""Statements of Python as frozen values, each of which writes its own lines.

Comments stand behind their statement where they fit into the line, above it where they do not,
and are left out where they are too long even for that.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from dlspec.emit import text
from dlspec.emit.document import Best, Document, Group, IfBroken, Indent, Line, Printer, breaks
from dlspec.emit.explicit import explicit, naked
from dlspec.emit.layout import (
    INSIDE,
    OUTSIDE,
    clause,
    layout,
    new_level,
    optional_parentheses,
    parentheses_if_broken,
    separated,
    value,
)
from dlspec.emit.nodes import Arg, Atom, Attribute, Call, Expr, Index, Tuple
from dlspec.emit.shape import Need, can_omit_parentheses, has_brackets, may_break, need
from dlspec.emit.text import INDENT, check_name


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
    """A statement. `space` is how many empty lines must stand before and after it in a body."""

    __slots__ = ()

    def lines(self, page: Page) -> list[str]:
        raise NotImplementedError


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


@dataclass(frozen=True, slots=True)
class Comment(Statement):
    """A comment on lines of its own, wrapped."""

    text: str

    def lines(self, page: Page) -> list[str]:
        return text.comments(self.text, page.indent, page.width)


@dataclass(frozen=True, slots=True)
class Do(Statement):
    """An expression for its effect: `skips.append(x)`."""

    value: Operand
    comment: str = ""

    def lines(self, page: Page) -> list[str]:
        return page.write(layout(explicit(self.value), OUTSIDE), self.comment)


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


@dataclass(frozen=True, slots=True)
class If(Statement):
    """`if test: body`, any number of `elif`s, and an `else` where `otherwise` is not empty."""

    test: Operand
    body: Body
    otherwise: Body = ()
    elifs: Sequence[tuple[Operand, Body]] = ()
    comment: str = ""

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

    def lines(self, page: Page) -> list[str]:
        return _clause(page, ["while ", clause(explicit(self.test)), ":"], self.body, self.comment)


@dataclass(frozen=True, slots=True)
class Block(Statement):
    """A compound statement whose header is given as text that fits on a line: `with`, `try`."""

    header: str
    body: Body
    comment: str = ""

    def lines(self, page: Page) -> list[str]:
        return _clause(page, self.header + ":", self.body, self.comment)


def _clause(page: Page, header: Document, body: Body, comment: str = "") -> list[str]:
    inner = suite(body, page.deeper())
    if begins_definition(body) and not inner[0].lstrip().startswith("#"):
        inner.insert(0, "")
    return page.write(header, comment) + inner


# --- definitions ----------------------------------------------------------------------------


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


def suite(body: Body, page: Page) -> list[str]:
    """The lines of a body, with the empty lines that belong between its statements."""
    found: list[str] = []
    gap = 0
    before: Statement | None = None
    for i, statement in enumerate(body):
        if isinstance(statement, Blank):
            gap = 1
            continue
        if isinstance(before, Comment) and isinstance(statement, Function | Class):
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
    return is_definition(first)


def is_definition(statement: Statement | None) -> bool:
    """Whether it is a function or a class, or the text of one."""
    if isinstance(statement, Raw):
        return statement.text.startswith(("def ", "class ", "@"))
    return isinstance(statement, Function | Class)


def _ends_with_definition(statement: Statement | None) -> bool:
    match statement:
        case Function() | Class() | Raw():
            return is_definition(statement)
        case If(body=body, otherwise=otherwise, elifs=elifs):
            last = otherwise or (elifs[-1][1] if elifs else body)
        case For(body=last) | While(body=last) | Block(body=last):
            pass
        case _:
            return False
    return bool(last) and _ends_with_definition(last[-1])
