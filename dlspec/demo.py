"""The whole path in both backends, as `make demo` walks it.

`python -m dlspec.demo SPEC FOLDER` checks the spec, trains it with PyTorch and with Keras, exports
and verifies both runs, and ends with a table that compares the runtimes. It does nothing that the
commands do not: each step prints the command that it runs.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from dlspec.cli.table import size, table

BACKENDS = ("torch", "keras")
HEAD = ("trained with", "runs in", "difference", "tolerance", "accuracy", "")


def main(arguments: list[str]) -> int:
    """Walks the path; gives the exit status of the first step that fails, or 0."""
    if len(arguments) != 2:
        print("usage: python -m dlspec.demo SPEC FOLDER", file=sys.stderr)
        return 2
    spec, folder = arguments[0], Path(arguments[1])
    for step in steps(spec, folder):
        print(f"\n$ dlspec {' '.join(step)}", flush=True)
        status = subprocess.run([sys.executable, "-m", "dlspec", *step], check=False).returncode
        if status:
            return status
    print("\n" + report(folder))
    return 0


def steps(spec: str, folder: Path) -> list[list[str]]:
    """The commands, in order."""
    found = [["check", spec], ["summary", spec]]
    for backend in BACKENDS:
        run = (folder / backend).as_posix()
        found += [
            ["compile", spec, "--backend", backend, "-o", run, "--force"],
            ["train", spec, "--backend", backend, "-o", run, "--force"],
            ["eval", run],
            ["export", run],
            ["verify", run],
        ]
    return found


def report(folder: Path) -> str:
    """What the runs' own reports say, side by side, and the files that were made."""
    rows: list[tuple[str, ...]] = []
    made: list[str] = []
    for backend in BACKENDS:
        run = folder / backend
        found = json.loads((run / "verify.json").read_text(encoding="utf-8"))
        trained = found["trained_in"]
        rows.append((trained, trained, "", "", _score(found["reference"]), "the trained model"))
        rows.extend((trained, *_row(row)) for row in found["table"])
        for path in (run / "best.safetensors", *sorted((run / "export").glob("*"))):
            if path.suffix in (".safetensors", ".onnx", ".tflite"):
                made.append(f"  {path.as_posix()}, {size(path.stat().st_size)}")
    numbers = (2, 3, 4)
    return "\n".join((table(HEAD, rows, numbers), "", "The demo made:", *made))


def _row(row: dict[str, Any]) -> tuple[str, ...]:
    limit = row["limit"]
    tolerance = "" if limit is None else f"{limit:.1e}"
    said = "" if limit is None else "agrees" if row["agrees"] else "differs"
    return row["runtime"], f"{row['difference']:.1e}", tolerance, _score(row["scores"]), said


def _score(scores: dict[str, Any]) -> str:
    return f"{scores['accuracy']:.4f}"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
