"""`dlspec export`: the export blocks of a run's spec, each as a file with a report beside it."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from dlspec.cli.extras import need, readers
from dlspec.cli.report import report as tell
from dlspec.cli.report import status
from dlspec.cli.saying import saying
from dlspec.diagnostics.files import reported
from dlspec.ir.externs import MAKERS
from dlspec.runners.exports import chosen, export
from dlspec.runners.trained import trained


def export_run(run: Path, targets: Sequence[str]) -> int:
    """Writes the files and prints the reports; 1 where one fails, or a budget or the agreement is
    broken."""
    found = trained(run)
    exports = chosen(found, targets)
    backends = dict.fromkeys((found.record.backend, *(MAKERS[e.format] for e in exports)))
    need("export", *backends, "export", more=readers(found.data))
    with TemporaryDirectory(prefix="dlspec-") as scratch, reported(), saying() as doing:
        reports, failed = export(found, exports, Path(scratch), doing)
    for report in reports:
        print(report.to_text())
        print(f"  {(run / 'export' / report.file).as_posix()}")
    bad = [r for r in reports if not (r.kept and r.agrees)]
    for r in bad:
        what = "breaks its budget" if r.agrees else "does not agree with the trained model"
        print(f"{r.file} {what}; it is written all the same", file=sys.stderr)
    tell(failed)
    return status(failed) or (1 if bad else 0)
