"""Holds a run's model against itself in every runtime."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from dlspec.frozen import frozen
from dlspec.ir.recipe import Export
from dlspec.runners.compare import NAMES, Bench, Comparison, Say
from dlspec.runners.exports import MAKERS, converted, drop
from dlspec.runners.trained import Trained, compiled_in, program_in, write_rows


@frozen
class Row:
    """One output in one runtime."""

    runtime: str
    output: str
    difference: float
    limit: float | None
    """None for quantized files, which answer to `accuracy_drop`."""
    scores: dict[str, float]

    @property
    def agrees(self) -> bool:
        return self.limit is None or self.difference <= self.limit


@frozen
class Verdict:
    """What every runtime gave."""

    trained_in: str
    part: str
    rows: int
    reference: dict[str, float]
    """The metrics of the trained program."""
    table: tuple[Row, ...]
    broken: tuple[str, ...]
    """Sentences about quantized files that lost more than their budget allows."""

    @property
    def agrees(self) -> bool:
        return not self.broken and all(row.agrees for row in self.table)

    def to_json(self) -> str:
        facts: dict[str, Any] = {
            "trained_in": self.trained_in,
            "part": self.part,
            "rows": self.rows,
            "reference": self.reference,
            "table": [{**vars(row), "agrees": row.agrees} for row in self.table],
            "broken": list(self.broken),
            "agrees": self.agrees,
        }
        return json.dumps(facts, indent=2, sort_keys=True) + "\n"


def verify(run: Trained, scratch: Path, say: Say) -> Verdict:
    """Runs the model in PyTorch, Keras, ONNX Runtime and LiteRT, and its quantized exports."""
    inputs, rows = write_rows("verify", run, scratch)
    bench = Bench("verify", run, inputs, rows, say)
    own = run.record.backend
    other = "keras" if own == "torch" else "torch"
    bench.reference(program_in(run, own, scratch))
    bench.program(other, program_in(run, other, scratch))
    whole = run.program.model_copy(update={"exports": {}})
    for kind, backend in MAKERS.items():
        say(f"writing model.{kind}")
        program = compiled_in(run, whole, backend, scratch / f"{backend}_whole")
        bench.file(kind, converted(run, program, f"model.{kind}", scratch))
    quantized = [
        e for e in run.program.exports.values() if e.quantize and e.train == run.train.name
    ]
    for e in quantized:
        say(f"writing {e.file}")
        program = program_in(run, MAKERS[e.format], scratch)
        bench.file(e.file, converted(run, program, e.file, scratch / "quantized"))
    return judged(run, bench.compared(), quantized)


def judged(run: Trained, compared: Comparison, quantized: list[Export]) -> Verdict:
    """Every number of a comparison, held against its tolerance."""
    files = {e.file: e for e in quantized}
    table = [
        Row(
            f"LiteRT int8 ({name})" if name in files else NAMES[name],
            output,
            apart,
            None if name in files else compared.limits[output],
            dict(compared.scores[name]),
        )
        for name, outputs in compared.differences.items()
        for output, apart in outputs.items()
    ]
    return Verdict(
        trained_in=NAMES[run.record.backend],
        part=run.part,
        rows=compared.rows,
        reference=dict(compared.scores["reference"]),
        table=tuple(table),
        broken=tuple(_lost(run, compared, files)),
    )


def _lost(run: Trained, compared: Comparison, files: dict[str, Export]) -> Iterator[str]:
    for name, e in files.items():
        for limit in e.budget:
            if limit.measure == "accuracy_drop":
                lost = drop(run, compared.scores["reference"], compared.scores[name])
                if lost > limit.most:
                    yield f"{name} loses {100 * lost:.2f} points, of at most {limit.text}"
