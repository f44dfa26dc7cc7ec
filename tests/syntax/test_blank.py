"""Blank lines are no work, and count."""

from __future__ import annotations

from dlspec.pipeline import check
from dlspec.source import Source

BLANK = 300_000


def test_what_stands_behind_many_blank_lines_has_its_line() -> None:
    for blank in ("\n", "  \n", "\r\n"):
        text = (
            f"{blank * BLANK}model M {{{blank * 9}  input x: f32[3]\n\n  output x -> Dens(2)\n}}\n"
        )
        (problem,) = check(Source("net.dls", text)).diagnostics
        assert problem.span is not None
        assert (problem.span.line, problem.span.text) == (BLANK + 12, "Dens")
