"""Statements that are not written as the language has them (DLS030 to DLS049)."""

from __future__ import annotations

from collections.abc import Iterable

from dlspec.diagnostics.base import Diagnostic, Fix, Label
from dlspec.frozen import frozen
from dlspec.source import Span


@frozen
class Unexpected(Diagnostic):
    """Something else should stand here."""

    code = "DLS030"
    found: str
    expected: str
    advice: str = ""

    @property
    def title(self) -> str:
        return f"expected {self.expected}, found {self.found}"

    @property
    def label(self) -> str:
        return f"expected {self.expected}"

    @property
    def help(self) -> str:
        return self.advice


@frozen
class ReservedWord(Diagnostic):
    """`if else for and or not in as true false none` are never names."""

    code = "DLS031"
    word: str

    @property
    def title(self) -> str:
        return f"`{self.word}` is a reserved word and cannot be a name"

    @property
    def help(self) -> str:
        return f"use another name, such as `{self.word}_`"


@frozen
class UnknownStatement(Diagnostic):
    """The first word of a statement is no keyword, and what follows needs one."""

    code = "DLS032"
    word: str
    suggestion: str
    advice: str

    @property
    def title(self) -> str:
        return f"no statement begins with `{self.word}`"

    @property
    def label(self) -> str:
        return f"did you mean `{self.suggestion}`?" if self.suggestion else ""

    @property
    def help(self) -> str:
        return self.advice

    @property
    def fix(self) -> Fix | None:
        return Fix(self.span, self.suggestion) if self.suggestion and self.span else None


@frozen
class TwoStatements(Diagnostic):
    """Statements on one line are parted by `;`."""

    code = "DLS033"

    @property
    def title(self) -> str:
        return "a new statement begins in the middle of a line"

    @property
    def help(self) -> str:
        return "begin a new line, or part them by `;`"


@frozen
class TrailingOperator(Diagnostic):
    """A line that begins with an operator continues the one before; one that ends so does not."""

    code = "DLS034"
    operator: str

    @property
    def title(self) -> str:
        return f"a line cannot end with `{self.operator}`"

    @property
    def help(self) -> str:
        if self.operator == ",":
            return "put several values in parentheses, where line ends do not count"
        return f"begin the next line with `{self.operator}`: it then continues this one"


@frozen
class LeadingOperator(Diagnostic):
    """An operator continues a statement, and here is none to continue."""

    code = "DLS035"
    operator: str

    @property
    def title(self) -> str:
        return f"a statement cannot begin with `{self.operator}`"

    @property
    def label(self) -> str:
        return "there is nothing before it to continue"


@frozen
class NotAssignable(Diagnostic):
    """Only names are assigned: `x = ...`, `a, b = ...`."""

    code = "DLS036"
    again: bool

    @property
    def title(self) -> str:
        return "a statement has one `=`" if self.again else "only a name can be assigned"

    @property
    def help(self) -> str:
        return "compare with `==`; assign to names only: `x = ...`, `a, b = ...`"


@frozen
class ColonForEqual(Diagnostic):
    """Values are given with `=`; a colon is followed by a type."""

    code = "DLS037"
    name: str

    @property
    def title(self) -> str:
        return f"the value of `{self.name}` is given with `=`"

    @property
    def label(self) -> str:
        return "write `=`; after `:` stands a type"

    @property
    def fix(self) -> Fix | None:
        return Fix(self.span, " =") if self.span else None


@frozen
class MissingType(Diagnostic):
    """Parameters, inputs, fields and states say their type."""

    code = "DLS038"
    name: str
    what: str

    @property
    def title(self) -> str:
        return f"the {self.what} `{self.name}` has no type"

    @property
    def help(self) -> str:
        kind = "int" if self.what == "parameter" else "f32[C, H, W]"
        return f"write its type after a colon: `{self.name}: {kind}`"


@frozen
class OtherComment(Diagnostic):
    """Comments begin with `#`; `##` above a declaration is its documentation."""

    code = "DLS039"

    @property
    def title(self) -> str:
        return "comments begin with `#`"

    @property
    def label(self) -> str:
        return "write `#`"

    @property
    def fix(self) -> Fix | None:
        return Fix(self.span, "#") if self.span else None


@frozen
class SeveralValues(Diagnostic):
    """Several values go together in parentheses; most statements take one thing only."""

    code = "DLS040"
    keyword: str

    @property
    def title(self) -> str:
        if self.keyword:
            return f"`{self.keyword}` takes one at a time"
        return "several values stand in parentheses"

    @property
    def help(self) -> str:
        if self.keyword:
            return f"write a statement for each: `{self.keyword} ...; {self.keyword} ...`"
        return "write `(a, b)`"


@frozen
class ElseWithoutIf(Diagnostic):
    """`else` follows the body of an `if`."""

    code = "DLS041"

    @property
    def title(self) -> str:
        return "there is no `if` to this `else`"

    @property
    def help(self) -> str:
        return "`else` follows the `}` of an `if`"


@frozen
class PositionalAfterNamed(Diagnostic):
    """Arguments are positional first, then named."""

    code = "DLS042"
    named: Span

    @property
    def title(self) -> str:
        return "an argument without a name stands after a named one"

    @property
    def related(self) -> Iterable[Label]:
        return (Label(self.named, "named"),)

    @property
    def help(self) -> str:
        return "put it before the named ones, or name it"


@frozen
class MissingComma(Diagnostic):
    """What stands in brackets is parted by commas."""

    code = "DLS043"

    @property
    def title(self) -> str:
        return "`,` is missing between two values"

    @property
    def label(self) -> str:
        return "write `,` before this"

    @property
    def fix(self) -> Fix | None:
        if not self.span:
            return None
        return Fix(Span(self.span.source, self.span.start, self.span.start), ", ")
