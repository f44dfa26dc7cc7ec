"""Brackets and braces that lack, or are too many (DLS014 to DLS029)."""

from __future__ import annotations

from collections.abc import Iterable

from dlspec.diagnostics.base import Diagnostic, Fix, Label
from dlspec.frozen import frozen
from dlspec.source import Span


@frozen
class UnclosedBracket(Diagnostic):
    """A bracket that nothing closes before the statement, or the bracket around it, ends."""

    code = "DLS014"
    bracket: str
    closer: str
    end: Span

    @property
    def title(self) -> str:
        return f"`{self.bracket}` is never closed"

    @property
    def related(self) -> Iterable[Label]:
        return (Label(self.end, f"`{self.closer}` is missing here at the latest"),)


@frozen
class UnmatchedBracket(Diagnostic):
    """A closing bracket that closes nothing, or a brace that opens nothing."""

    code = "DLS015"
    bracket: str

    @property
    def title(self) -> str:
        return f"`{self.bracket}` {'opens' if self.bracket == '{' else 'closes'} nothing"


@frozen
class WrongBracket(Diagnostic):
    """A bracket closed by one of another kind."""

    code = "DLS016"
    opener: str
    found: str
    expected: str
    opened: Span

    @property
    def title(self) -> str:
        return f"`{self.opener}` is closed by `{self.found}`"

    @property
    def label(self) -> str:
        return f"expected `{self.expected}`"

    @property
    def related(self) -> Iterable[Label]:
        return (Label(self.opened, "opened here"),)

    @property
    def fix(self) -> Fix | None:
        return Fix(self.span, self.expected) if self.span else None


@frozen
class UnclosedBrace(Diagnostic):
    """A body that is not closed by the end of the file, or before the next declaration."""

    code = "DLS017"
    before: Span | None

    @property
    def title(self) -> str:
        return "`{` is never closed"

    @property
    def label(self) -> str:
        return "" if self.before else "the file ends before its `}`"

    @property
    def related(self) -> Iterable[Label]:
        return (Label(self.before, "`}` is missing before this"),) if self.before else ()


@frozen
class MissingBrace(Diagnostic):
    """The body of a declaration stands in braces, whatever its indentation."""

    code = "DLS018"
    head: str
    colon: bool

    @property
    def title(self) -> str:
        return f"the body of `{self.head}` stands in braces"

    @property
    def label(self) -> str:
        return "write `{` for `:`" if self.colon else "`{` is missing here"

    @property
    def help(self) -> str:
        return f"write `{self.head} ... {{`, and `}}` after its last line"


@frozen
class NoDictionary(Diagnostic):
    """Braces hold statements. What other languages put into dictionaries are named arguments."""

    code = "DLS019"

    @property
    def title(self) -> str:
        return "braces hold statements, not values"

    @property
    def help(self) -> str:
        return "a list is written [a, b]; names with values are arguments: f(name=value)"
