"""What every command begins with: a spec without errors."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from dlspec.cli.report import report
from dlspec.diagnostics import SpecError
from dlspec.ir.program import Program
from dlspec.pipeline import check
from dlspec.source import Source

Names = Mapping[str, Mapping[str, Sequence[str]]]


def checked(
    spec: Path, given: Sequence[str] = (), classes: Names | None = None
) -> tuple[Source, Program]:
    """A spec and its program; warnings are shown. Raises SpecError."""
    counts = {d: {f: len(c) for f, c in fields.items()} for d, fields in (classes or {}).items()}
    result = check(spec, given, counts)
    if result.program is not None and result.source is not None:
        report(result.diagnostics)
        return result.source, result.program
    raise SpecError(*result.diagnostics)
