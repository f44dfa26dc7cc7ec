"""Settings of data, trainings and exports (DLS400 to DLS409)."""

from __future__ import annotations

from collections.abc import Iterable

from dlspec.diagnostics.base import Diagnostic, Fix, Label
from dlspec.frozen import frozen
from dlspec.source import Span


@frozen
class UnknownSetting(Diagnostic):
    """A setting that a block does not have."""

    code = "DLS400"
    name: str
    where: str
    known: tuple[str, ...]
    suggestion: str | None = None

    @property
    def title(self) -> str:
        return f"{self.where} has no setting `{self.name}`"

    @property
    def label(self) -> str:
        return f"did you mean `{self.suggestion}`?" if self.suggestion else ""

    @property
    def help(self) -> str:
        return f"the settings are: {', '.join(self.known)}"

    @property
    def fix(self) -> Fix | None:
        return Fix(self.span, self.suggestion) if self.suggestion and self.span else None


@frozen
class MissingSetting(Diagnostic):
    """A setting that a block needs: data, model and loss are never guessed."""

    code = "DLS401"
    where: str
    names: tuple[str, ...]
    example: str

    @property
    def title(self) -> str:
        *first, last = [f"`{n}`" for n in self.names]
        return f"{self.where} needs {', '.join(first)}{' and ' if first else ''}{last}"

    @property
    def help(self) -> str:
        return f"add: {self.example}"


@frozen
class SettingTwice(Diagnostic):
    """A setting that a block has twice: neither would be the obvious one."""

    code = "DLS402"
    name: str
    first: Span

    @property
    def title(self) -> str:
        return f"`{self.name}` is set twice"

    @property
    def label(self) -> str:
        return "again here"

    @property
    def related(self) -> Iterable[Label]:
        return (Label(self.first, "first here"),)


@frozen
class SettingsExclude(Diagnostic):
    """Two settings that say the same thing in different ways: a run of so many epochs, or steps."""

    code = "DLS404"
    name: str
    other: str
    first: Span

    @property
    def title(self) -> str:
        return f"`{self.name}` stands beside `{self.other}`"

    @property
    def label(self) -> str:
        return "one of both says how long the run is"

    @property
    def related(self) -> Iterable[Label]:
        return (Label(self.first, "the other one"),)

    @property
    def help(self) -> str:
        return f"leave `{self.name}` or `{self.other}` out"


@frozen
class WrongSetting(Diagnostic):
    """A setting with a value that it does not take: another kind of value, unit or range."""

    code = "DLS403"
    name: str
    expected: str
    found: str
    hint: str = ""

    @property
    def title(self) -> str:
        return f"`{self.name}` takes {self.expected}"

    @property
    def label(self) -> str:
        return f"this is {self.found}" if self.found else ""

    @property
    def help(self) -> str:
        return self.hint
