"""How diagnostics leave the command line."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from typing import TextIO

from dlspec.diagnostics import Diagnostic

UNREADABLE = frozenset({"DLS001", "DLS002"})
"""Codes of files that cannot be read: status 2 and not 1."""


def report(found: Sequence[Diagnostic], form: str = "text", *, to_stdout: bool = False) -> None:
    """Writes diagnostics: for people to stderr (`check` to stdout), for machines to stdout."""
    out = sys.stdout if to_stdout or form != "text" else sys.stderr
    rendered = _rendered(found, form, colours(out))
    if rendered:
        print(rendered, file=out)


def colours(out: TextIO) -> bool:
    """Whether a stream shows colours."""
    return out.isatty() and "NO_COLOR" not in os.environ and os.environ.get("TERM") != "dumb"


def _rendered(found: Sequence[Diagnostic], form: str, colour: bool) -> str:
    from dlspec import render

    match form:
        case "json":
            return render.json(found)
        case "github":
            return render.github(found)
        case "sarif":
            return render.sarif(found)
        case _:
            return render.caret(found, color=colour)
