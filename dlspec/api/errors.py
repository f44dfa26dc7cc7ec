"""Errors as Python has them: with the text that the command line prints."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

from dlspec import diagnostics
from dlspec.diagnostics.commands import ClassesUnknown, NoTrain
from dlspec.render.caret import caret


class SpecError(diagnostics.SpecError):
    """What is wrong with a spec, or with what is asked of it: `diagnostics` has each error as data,
    with its code, place, title and help; the text shows them as `dlspec check` does."""

    def __str__(self) -> str:
        return f"\n{caret(self.diagnostics)}" if self.diagnostics else ""

    def _render_traceback_(self, *_: object) -> list[str]:
        """What a notebook shows: the errors, without the way through the compiler."""
        return caret(self.diagnostics, color=True).splitlines()


SpecError.__module__ = "dlspec"  # where it is caught from


@contextmanager
def told() -> Iterator[None]:
    """Turns the errors of the compiler into those of this interface."""
    try:
        yield
    except diagnostics.SpecError as error:
        if isinstance(error, SpecError):
            raise
        raise SpecError(*map(_in_python, error.diagnostics)) from None


def _in_python(d: diagnostics.Diagnostic) -> diagnostics.Diagnostic:
    """An error whose help names arguments of this interface, where it would name options."""
    return replace(d, in_python=True) if isinstance(d, ClassesUnknown | NoTrain) else d
