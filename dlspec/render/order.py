"""The order in which diagnostics are shown: by place, each once."""

from __future__ import annotations

from collections.abc import Iterable

from dlspec.diagnostics.base import Diagnostic

Key = tuple[str, int, int, str, str, str, tuple[str, ...]]


def ordered(diagnostics: Iterable[Diagnostic]) -> list[Diagnostic]:
    """The diagnostics by file and place, without those that say the same of the same place."""
    unique: dict[Key, Diagnostic] = {}
    for diagnostic in diagnostics:
        unique.setdefault(_key(diagnostic), diagnostic)
    return [unique[key] for key in sorted(unique)]


def _key(d: Diagnostic) -> Key:
    place = (d.span.source.name, d.span.start, d.span.end) if d.span else ("", -1, -1)
    return (*place, d.code, d.title, d.label, tuple(d.notes))


def summary(diagnostics: Iterable[Diagnostic]) -> str:
    """How many there are: `2 errors, 1 warning`."""
    severities = [d.severity for d in diagnostics]
    counts = [(kind, severities.count(kind)) for kind in ("error", "warning")]
    return ", ".join(f"{n} {kind}{'s' if n > 1 else ''}" for kind, n in counts if n)
