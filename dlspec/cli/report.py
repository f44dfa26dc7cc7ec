"""How diagnostics leave the command line."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Any, TextIO

from dlspec.diagnostics import Diagnostic

UNREADABLE = frozenset({"DLS001", "DLS002"})
"""Files that cannot be read."""
USAGE = UNREADABLE | frozenset(
    """DLS112 DLS600 DLS601 DLS602 DLS603 DLS604 DLS605 DLS630 DLS640 DLS641 DLS642 DLS643 DLS644
    DLS646 DLS650 DLS652 DLS655 DLS656 DLS657 DLS700 DLS750 DLS751 DLS752""".split()
)
"""What is wrong with a command line or with files, and not with a spec."""


def status(found: Iterable[Diagnostic]) -> int:
    """The exit status: 0 without errors, 1 where a spec has some, 2 for wrong usage and files."""
    codes = {d.code for d in found if d.severity == "error"}
    return (2 if codes & USAGE else 1) if codes else 0


def report(
    found: Sequence[Diagnostic],
    form: str = "text",
    *,
    to_stdout: bool = False,
    more: Mapping[str, Any] = MappingProxyType({}),
) -> None:
    """Writes diagnostics: for people to stderr (`check` to stdout), for machines to stdout; `more`
    stands beside them in JSON."""
    out = sys.stdout if to_stdout or form != "text" else sys.stderr
    rendered = _rendered(found, form, colours(out), more)
    if rendered:
        print(rendered, file=out)


def colours(out: TextIO) -> bool:
    """Whether a stream shows colours."""
    return out.isatty() and "NO_COLOR" not in os.environ and os.environ.get("TERM") != "dumb"


def _rendered(found: Sequence[Diagnostic], form: str, colour: bool, more: Mapping[str, Any]) -> str:
    if form == "text" and not found:
        return ""
    from dlspec import render

    match form:
        case "json":
            return render.json(found, more)
        case "github":
            return render.github(found)
        case "sarif":
            return render.sarif(found)
        case _:
            return render.caret(found, color=colour)
