"""What a mistake in the text makes look wrong elsewhere, and need not be said."""

from __future__ import annotations

import re
from collections.abc import Iterable

from dlspec.diagnostics import Diagnostic
from dlspec.diagnostics.names import UnknownName
from dlspec.diagnostics.recipe import MissingSetting
from dlspec.diagnostics.syntax import TrailingOperator
from dlspec.diagnostics.uses import EmptySpec, NoOutput
from dlspec.source import Span
from dlspec.syntax import tree

INCOMPLETE = (MissingSetting, NoOutput, EmptySpec)
"""Errors that say something is not there: what did not parse may be what is missing."""


def independent(
    syntax: Iterable[Diagnostic], found: Iterable[Diagnostic], file: tree.File
) -> list[Diagnostic]:
    """The problems that would still be there if the text were mended.

    Left out is what stands on the line of a mistake in the text, or on the one that a trailing
    operator was to go on in; what says that something is missing where something did not parse;
    and a name that stands in what did not parse.
    """
    spans = [d.span for d in syntax if d.span is not None and d.severity == "error"]
    if not spans:
        return list(found)
    lines = {s.line for s in spans}
    lines |= {_next(d.span) for d in syntax if isinstance(d, TrailingOperator) and d.span}
    broken = [s.span for s in file.statements if any(_within(m, s.span) for m in spans)]
    unread = {w for s in spans for w in _words(s)}

    def follows(d: Diagnostic) -> bool:
        if d.span is None:
            return False
        if d.span.line in lines:
            return True
        if isinstance(d, INCOMPLETE):
            return isinstance(d, EmptySpec) or any(_within(d.span, s) for s in broken)
        return isinstance(d, UnknownName) and d.name in unread

    return [d for d in found if not follows(d)]


def _next(span: Span) -> int:
    """The line after a span that holds anything."""
    lines = enumerate(span.source.text.splitlines()[span.line :], span.line + 1)
    return next((n for n, text in lines if text.strip()), span.line)


def _within(inner: Span, outer: Span) -> bool:
    return outer.start <= inner.start <= outer.end


def _words(span: Span) -> set[str]:
    """The names on the lines of a mistake."""
    last = span.source.position(max(span.start, span.end - 1))[0]
    text = "\n".join(span.source.line(n) for n in range(span.line, last + 1))
    return set(re.findall(r"[A-Za-z_]\w*", text))
