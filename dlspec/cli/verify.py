"""`dlspec verify`: one model in four runtimes, and how far apart they are."""

from __future__ import annotations

import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from dlspec.cli.extras import need, readers
from dlspec.cli.saying import saying
from dlspec.cli.table import table
from dlspec.diagnostics.files import reported
from dlspec.emit.files import check_writable, write_file
from dlspec.runners.trained import trained
from dlspec.runners.verify import Verdict, verify


def verify_run(run: Path, as_json: bool) -> int:
    """Prints the differences, writes them to RUN/verify.json; 1 where a tolerance is exceeded."""
    found = trained(run)
    need("verify", "torch", "keras", "export", more=readers(found.data))
    with TemporaryDirectory(prefix="dlspec-") as scratch, reported(), saying() as doing:
        check_writable(run / "verify.json")
        verdict = verify(found, Path(scratch), doing)
        write_file(run / "verify.json", verdict.to_json())
    print(verdict.to_json() if as_json else shown(verdict), end="")
    for sentence in verdict.broken:
        print(sentence, file=sys.stderr)
    return 0 if verdict.agrees else 1


def shown(verdict: Verdict) -> str:
    """The table: a row for each runtime and output."""
    metrics = list(verdict.reference)
    head = ["runtime", "output", "difference", "tolerance", *metrics, ""]
    scores = [f"{verdict.reference[m]:.4f}" for m in metrics]
    rows = [[f"{verdict.trained_in} (trained)", "", "", "", *scores, ""]]
    for row in verdict.table:
        limit = "" if row.limit is None else f"{row.limit:.1e}"
        scores = [f"{row.scores[m]:.4f}" for m in metrics]
        mark = "" if row.limit is None else "agrees" if row.agrees else "DIFFERS"
        rows.append([row.runtime, row.output, f"{row.difference:.1e}", limit, *scores, mark])
    note = (
        f"difference: max |a - b| / max |reference| over {verdict.rows} {verdict.part} rows;"
        f" metrics over all {verdict.part} rows"
    )
    lines = (table(head, rows, range(2, 4 + len(metrics))), note, *verdict.left_out)
    return "".join(f"{line}\n" for line in lines)
