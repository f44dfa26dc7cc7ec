"""`dlspec check`: every error of some specs."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from dlspec.cli.report import report, status
from dlspec.pipeline import Result
from dlspec.pipeline import check as check_spec


def check(
    specs: Sequence[Path], form: str, strict: bool, given: Sequence[str], data: bool = False
) -> int:
    """Reports on all specs together. Returns 0, 1 (errors) or 2 (a file cannot be read)."""
    results = [check_spec(path, given) for path in specs]
    found = [d for r in results for d in r.diagnostics]
    counts: list[dict[str, Any]] = []
    for path, result in zip(specs, results, strict=True):
        lines: Sequence[str] = ()
        fine = not (result.diagnostics if strict else result.errors)
        if data:
            from dlspec.cli.data import read_data

            read = read_data(path, result)
            lines, found = read.lines, [*found, *read.problems]
            counts.extend(read.counts)
            fine = fine and not any(d.severity == "error" for d in read.problems)
        if fine:
            lines = [f"{path.as_posix()}: {content(result)}", *lines]
        if form == "text" and lines:
            print("\n".join(lines))
    report(found, form, to_stdout=True, more={"data": counts} if data else {})
    failed = status(found)
    if strict and found and not failed:
        print("not ok: with `--strict`, warnings count as errors", file=sys.stderr)
        return 1
    return failed


def content(result: Result) -> str:
    """`ok: 1 data, 1 model, 2 exports`."""
    program = result.program
    if program is None:
        return "ok"
    kinds = {
        "data": len(program.data),
        "model": len(
            program.models.keys() | {t.model for t in program.trains.values() if not t.networks}
        ),
        "train": len(program.trains),
        "export": len(program.exports),
        "generate": len(program.generates),
    }
    counts = [f"{n} {k}{'s' * (n > 1 and k != 'data')}" for k, n in kinds.items() if n]
    return f"ok: {', '.join(counts)}" if counts else "ok"
