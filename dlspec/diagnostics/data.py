"""Data: columns, fields, transforms and splits (DLS410 to DLS419)."""

from __future__ import annotations

from collections.abc import Iterable

from dlspec.diagnostics.base import Diagnostic, Label
from dlspec.frozen import frozen
from dlspec.source import Span


@frozen
class UnknownColumn(Diagnostic):
    """A column that the source does not have."""

    code = "DLS410"
    name: str
    source: str
    known: tuple[str, ...]
    suggestion: str | None = None

    @property
    def title(self) -> str:
        return f'{self.source} has no column "{self.name}"'

    @property
    def label(self) -> str:
        return f'did you mean "{self.suggestion}"?' if self.suggestion else ""

    @property
    def help(self) -> str:
        more = f" and {len(self.known) - 12} more" if len(self.known) > 12 else ""
        return f"the columns are: {', '.join(self.known[:12])}{more}"


@frozen
class FieldDoesNotMatch(Diagnostic):
    """A field whose declared type is not what its columns and transforms give."""

    code = "DLS411"
    name: str
    expected: str
    found: str
    value: Span
    trail: tuple[str, ...] = ()
    hint: str = ""

    @property
    def title(self) -> str:
        return f"field `{self.name}` is declared as {self.expected}"

    @property
    def label(self) -> str:
        return "declared here"

    @property
    def related(self) -> Iterable[Label]:
        return (Label(self.value, f"this gives {self.found}"),)

    @property
    def notes(self) -> Iterable[str]:
        return self.trail

    @property
    def help(self) -> str:
        return self.hint


@frozen
class TransformDoesNotFit(Diagnostic):
    """A transform or an augmentation that a value of this type cannot go through."""

    code = "DLS412"
    what: str
    origin: Label | None = None
    hint: str = ""

    @property
    def title(self) -> str:
        return self.what

    @property
    def related(self) -> Iterable[Label]:
        return (self.origin,) if self.origin else ()

    @property
    def help(self) -> str:
        return self.hint


@frozen
class BadFieldType(Diagnostic):
    """Fields are `f32`, `i32`, `i64` or `class`, with sizes that are known: `f32[1, 8, 8]`."""

    code = "DLS413"
    what: str
    hint: str = ""

    @property
    def title(self) -> str:
        return self.what

    @property
    def help(self) -> str:
        return self.hint


@frozen
class BadFieldValue(Diagnostic):
    """A field is a column of the source, or several, followed by transforms."""

    code = "DLS414"
    what: str
    hint: str = 'write `column("name")` or `columns("a", "b")`'

    @property
    def title(self) -> str:
        return self.what

    @property
    def help(self) -> str:
        return self.hint


@frozen
class CannotStratify(Diagnostic):
    """A stratified split goes by a field that is one class for each row."""

    code = "DLS415"
    name: str
    found: str
    declared: Span | None

    @property
    def title(self) -> str:
        return "a stratified split goes by a class"

    @property
    def label(self) -> str:
        return f"`{self.name}` is {self.found}"

    @property
    def related(self) -> Iterable[Label]:
        return (Label(self.declared, "declared here"),) if self.declared else ()

    @property
    def help(self) -> str:
        return "name a field of type `class`, or write `random(...)`"
