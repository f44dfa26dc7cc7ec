"""What `specs/digits.dls` reaches from five seeds in each backend, and what int8 costs it.

Each run is the command line's: `train`, then `export phone`, whose report has the accuracy on the
test rows before and after, and the size of the file.
"""

from __future__ import annotations

import json
import statistics
import tempfile
from pathlib import Path
from typing import NamedTuple

from benchmarks.page import goal, table
from benchmarks.turns import BACKENDS, ROOT, Say, dlspec

TITLE = "Digits"
PACKAGES = ("torch", "keras", "tensorflow", "ai-edge-litert", "scikit-learn")
SPEC = ROOT / "specs" / "digits.dls"
SEEDS = range(5)
MEAN, LOWEST, DROP, SIZE = 0.99, 0.98, 0.01, 60_000
"""The goals: mean and lowest accuracy, what int8 may take of it, and bytes."""


class Reached(NamedTuple):
    trained: float
    int8: float
    size: int


def report(say: Say, tiny: bool = False) -> str:
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        for backend, name in BACKENDS.items():
            found = []
            for seed in SEEDS[:1] if tiny else SEEDS:
                say(f"{backend}, seed {seed}")
                found.append(reached(backend, seed, Path(folder) / f"{backend}_{seed}", tiny))
            rows.append(row(name, found))
    head = ("backend", "fp32, mean", "lowest", "int8, mean", "lowest", "largest drop", "bytes")
    return "\n".join(
        (
            "Accuracy on the test rows of [`digits.dls`](../specs/digits.dls), "
            f"from {len(SEEDS)} seeds.",
            "The files are TFLite's, in whole numbers of eight bits.",
            "",
            table((*head, "goals"), rows, right=range(1, 7)),
        )
    )


def reached(backend: str, seed: int, folder: Path, tiny: bool) -> Reached:
    """The report of one run's export."""
    folder.mkdir()
    spec = folder / "digits.dls"
    text = SPEC.read_text(encoding="utf-8")
    spec.write_text(text.replace("train {", f"train {{\n  seed = {seed}", 1), encoding="utf-8")
    epochs = ["--epochs", "1"] if tiny else []
    dlspec("train", spec, "--backend", backend, "-o", folder / "run", *epochs)
    dlspec("export", folder / "run", "phone", broken=tiny)
    made = json.loads((folder / "run" / "export" / "phone.json").read_text(encoding="utf-8"))
    accuracy = made["metrics"]["accuracy"]
    return Reached(accuracy["before"], accuracy["after"], made["size"])


def row(name: str, found: list[Reached]) -> tuple[str, ...]:
    trained, int8 = [r.trained for r in found], [r.int8 for r in found]
    drop = max(r.trained - r.int8 for r in found)
    size = max(r.size for r in found)
    goals = (
        goal(f"mean {100 * MEAN:.0f} %", statistics.mean(trained) >= MEAN),
        goal(f"none below {100 * LOWEST:.0f} %", min(trained) >= LOWEST),
        goal(f"int8 at most {100 * DROP:.0f} % less", drop <= DROP),
        goal(f"at most {SIZE // 1000} KB", size <= SIZE),
    )
    return (
        name,
        *(f"{100 * x:.2f} %" for x in (statistics.mean(trained), min(trained))),
        *(f"{100 * x:.2f} %" for x in (statistics.mean(int8), min(int8))),
        f"{100 * drop:.2f} points",
        f"{size:,}",
        "; ".join(goals),
    )
