"""What the proofs measured, as tables with the commit: printed when they have run."""

from __future__ import annotations

import sys
from collections import defaultdict
from pathlib import Path

import pytest

from benchmarks.page import commit, table

sys.path.insert(0, str(Path(__file__).parents[1] / "parity"))

RUNTIMES = {
    "torch64": "PyTorch float64",
    "keras64": "Keras float64",
    "torch32": "PyTorch",
    "keras32": "Keras",
    "onnx": "ONNX Runtime",
    "tflite": "LiteRT",
}
OPS: dict[str, dict[str, float]] = defaultdict(dict)
"""By op and runtime, the largest difference from the definition."""
SPECS: list[tuple[str, ...]] = []
"""Spec, backend that trained it, runtime, output, difference, and the tasks' scores."""


@pytest.fixture
def ops_table() -> dict[str, dict[str, float]]:
    return OPS


@pytest.fixture
def specs_table() -> list[tuple[str, ...]]:
    return SPECS


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    for title, text in tables():
        terminalreporter.section(title)
        terminalreporter.write_line(text)
        terminalreporter.write_line(f"\n*{commit()}.*")


def tables() -> list[tuple[str, str]]:
    made = []
    if OPS:
        rows = [
            (f"`{kind}`", *(f"{found[r]:.1e}" if r in found else "" for r in RUNTIMES))
            for kind, found in sorted(OPS.items())
        ]
        head = ("op", *RUNTIMES.values())
        made.append(("largest difference from the definition", table(head, rows, range(1, 7))))
    if SPECS:
        head = ("spec", "trained in", "runtime", "output", "difference", "scores")
        made.append(("trained specs", table(head, SPECS, (4,))))
    return made
