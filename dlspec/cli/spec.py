"""What every command begins with: a spec without errors."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from dlspec.cli.report import report
from dlspec.diagnostics import SpecError
from dlspec.ir.program import Program
from dlspec.pipeline import check
from dlspec.pipeline.stages import Classes
from dlspec.source import Source


def checked(
    spec: Path, given: Sequence[str] = (), classes: Classes | None = None
) -> tuple[Source, Program]:
    """A spec and its program. The warnings are shown, but not again where the spec was checked
    before, and now with the `classes` that its data has. Raises SpecError."""
    result = check(spec, given, classes)
    if result.program is not None and result.source is not None:
        if classes is None:
            report(result.diagnostics)
        return result.source, result.program
    raise SpecError(*result.diagnostics)
