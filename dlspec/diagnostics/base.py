"""What an error is: data, which a renderer turns into text.

Each error of dlspec is a frozen dataclass in one of the files beside this one, which together
hold all wording. A class gives its `code`, its `title` (lower case, no final period), and, as far
as it has any, `label`, `related`, `notes`, `help` and `fix`. Its docstring is its manual page.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar, Literal

from dlspec.frozen import frozen
from dlspec.source import Span

Severity = Literal["error", "warning"]

CODES: dict[str, type[Diagnostic]] = {}


@frozen
class Label:
    """A further place that explains the error, with what to say of it."""

    span: Span
    text: str


@frozen
class Fix:
    """An edit that would mend the error: replace the characters of `span` by `text`."""

    span: Span
    text: str


@frozen
class Diagnostic:
    """One problem. Subclasses state `code` and `title`, and override what they have to say."""

    code: ClassVar[str] = ""
    severity: ClassVar[Severity] = "error"

    span: Span | None

    def __init_subclass__(cls) -> None:
        code = cls.__dict__.get("code")
        if code:
            other = CODES.setdefault(code, cls)
            if (other.__module__, other.__qualname__) != (cls.__module__, cls.__qualname__):
                raise TypeError(f"{code} is both {other.__name__} and {cls.__name__}")

    @property
    def title(self) -> str:
        """What is wrong, in one line."""
        raise TypeError(f"{type(self).__name__} has no title")

    @property
    def label(self) -> str:
        """What to write beside the carets."""
        return ""

    @property
    def related(self) -> Iterable[Label]:
        """Other places, in the order in which to show them."""
        return ()

    @property
    def notes(self) -> Iterable[str]:
        """Facts, such as the block in which the error arose."""
        return ()

    @property
    def help(self) -> str:
        """What to write instead, where that is known."""
        return ""

    @property
    def fix(self) -> Fix | None:
        """The same as an edit, where it is certain."""
        return None


class SpecError(Exception):
    """Carries one or more diagnostics up to whoever reports them."""

    def __init__(self, *diagnostics: Diagnostic) -> None:
        super().__init__(*diagnostics)
        self.diagnostics = diagnostics

    def __str__(self) -> str:
        return "\n".join(f"{d.span}: error[{d.code}]: {d.title}" for d in self.diagnostics)


def nearest(name: str, known: Iterable[str]) -> str | None:
    """The known name that a misspelt one most likely means."""
    from difflib import get_close_matches

    known = list(known)
    lower = {k.lower(): k for k in known}
    if name.lower() in lower:
        return lower[name.lower()]
    plain = {k.lower().replace("_", ""): k for k in known}
    if name.lower().replace("_", "") in plain:
        return plain[name.lower().replace("_", "")]
    found = get_close_matches(name.lower(), lower, n=1, cutoff=0.6)
    return lower[found[0]] if found else None
