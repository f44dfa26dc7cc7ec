"""Diagnostics to render."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import pytest

from dlspec.diagnostics import Diagnostic, Fix, Label
from dlspec.frozen import frozen
from dlspec.source import Source, Span


@frozen
class Sample(Diagnostic):
    """What a test has to say.

    A second paragraph of the manual.
    """

    what: str = "these shapes do not add"
    beside: str = ""
    others: tuple[Label, ...] = ()
    facts: tuple[str, ...] = ()
    advice: str = ""
    edit: Fix | None = None

    @property
    def title(self) -> str:
        return self.what

    @property
    def label(self) -> str:
        return self.beside

    @property
    def related(self) -> Iterable[Label]:
        return self.others

    @property
    def notes(self) -> Iterable[str]:
        return self.facts

    @property
    def help(self) -> str:
        return self.advice

    @property
    def fix(self) -> Fix | None:
        return self.edit


# Set after the class is made, so that the register of codes does not know it.
Sample.code = "DLS204"


@frozen
class Remark(Sample):
    """A warning."""

    severity = "warning"


Remark.code = "DLS205"


@pytest.fixture(scope="session")
def sample() -> type[Sample]:
    return Sample


@pytest.fixture(scope="session")
def remark() -> type[Remark]:
    return Remark


@pytest.fixture(scope="session")
def find() -> Callable[..., Span]:
    """The span of the nth place where a text stands in a source."""

    def span(source: Source, text: str, nth: int = 0) -> Span:
        start = -1
        for _ in range(nth + 1):
            start = source.text.index(text, start + 1)
        return Span(source, start, start + len(text))

    return span
