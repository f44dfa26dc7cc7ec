"""Runs one model in several runtimes on the same rows, and compares what they give."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

from dlspec.frozen import frozen
from dlspec.runners.process import run, run_one
from dlspec.runners.trained import Trained, answer

ROWS = 256
"""Rows whose outputs are compared."""
NAMES = {"torch": "PyTorch", "keras": "Keras", "onnx": "ONNX Runtime", "tflite": "LiteRT"}


@frozen
class Comparison:
    """What runtimes gave, beside the program that was trained (the reference)."""

    rows: int
    limits: Mapping[str, float]
    """By output: 1e-5, or three times the reference's own distance between fp32 and fp64."""
    differences: Mapping[str, Mapping[str, float]]
    """By runtime and output: max |a - b| / max |reference|."""
    noise: Mapping[str, Mapping[str, float | None]]
    """By runtime and output: signal-to-noise in dB; None without noise."""
    scores: Mapping[str, Mapping[str, float]]
    """The metrics over all rows, by runtime; the reference's under `reference`."""


Doing = Callable[[str], AbstractContextManager[None]]
"""Is told of each thing that is done, while it lasts: they take seconds."""


class Bench:
    """Rows of a run, and the outputs that runtimes give for them, in a scratch folder."""

    def __init__(
        self, command: str, trained: Trained, inputs: Path, rows: int, doing: Doing
    ) -> None:
        self.command, self.trained, self.doing = command, trained, doing
        self.inputs, self.rows = inputs, rows
        self.scratch = inputs.parent

    def reference(self, program: Path) -> None:
        """Runs the program that was trained, in both precisions."""
        backend = self.trained.record.backend
        tasks = [
            self.trained.forward(program, self.inputs, self.scratch / f"{name}.npz", dtype)
            for name, dtype in (("reference", "float32"), ("reference64", "float64"))
        ]
        with self.doing(f"running the trained model in {NAMES[backend]}"):
            for outcome in run(f"forward_{backend}", tasks):
                answer(self.command, NAMES.get(backend, backend), outcome)

    def program(self, backend: str, program: Path) -> None:
        """Runs a program of the other backend."""
        task = self.trained.forward(program, self.inputs, self.outputs(backend), "float32")
        with self.doing(f"running it in {NAMES[backend]}"):
            answer(self.command, NAMES[backend], run_one(f"forward_{backend}", task))

    def file(self, name: str, file: Path, network: str = "") -> dict[str, Any]:
        """Runs an exported file; returns what its runtime tells of it."""
        kind = file.suffix.removeprefix(".")
        task = self.trained.forward_file(file, self.inputs, self.outputs(name), network)
        with self.doing(f"running {file.name} in {NAMES[kind]}"):
            outcome = run_one(f"forward_{kind}", task)
            return answer(self.command, NAMES[kind], outcome, file.name)

    def outputs(self, name: str) -> Path:
        """The file with what a runtime gave."""
        return self.scratch / f"{name}.npz"

    def compared(self, names: Sequence[str]) -> Comparison:
        """What these runtimes gave, beside the reference."""
        count = min(ROWS, self.rows)
        task = {
            "program": str(self.trained.folder.resolve()),
            "part": self.trained.part,
            "scored": self.trained.train.measured,
            "reference": str(self.outputs("reference")),
            "reference64": str(self.outputs("reference64")),
            "found": {name: str(self.outputs(name)) for name in names},
            "rows": count,
            "inputs": str(self.inputs),
            "real": self.trained.real,
        }
        with self.doing("comparing"):
            made = answer(self.command, "the comparison", run_one("compare", task))
        return Comparison(count, **made)
