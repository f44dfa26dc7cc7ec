"""Holds a run's model against itself in every runtime."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

from dlspec.diagnostics import SpecError
from dlspec.diagnostics.externs import NotForThisBackend
from dlspec.diagnostics.runs import DrawsInEvaluation
from dlspec.frozen import frozen
from dlspec.ir.externs import MAKERS
from dlspec.ir.model import ModelIR, layers
from dlspec.ir.recipe import Export
from dlspec.ops.base import FORMATS
from dlspec.ops.drawing import Draw
from dlspec.pipeline.compile import without_externs
from dlspec.runners.compare import NAMES, Bench, Comparison, Doing
from dlspec.runners.exports import converted, drop
from dlspec.runners.together import together
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
    left_out: tuple[str, ...] = ()
    """Sentences about runtimes for which the spec names no Python function."""

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
            "left_out": list(self.left_out),
            "agrees": self.agrees,
        }
        return json.dumps(facts, indent=2, sort_keys=True) + "\n"


def verify(run: Trained, scratch: Path, doing: Doing) -> Verdict:
    """Runs the model in PyTorch, Keras, ONNX Runtime and LiteRT, and its quantized exports.

    Left out are runtimes that lack a Python function, or whose files cannot hold a layer. Raises
    SpecError where nothing can be compared.
    """
    check_drawn(run)
    with doing("reading the data"):
        inputs, rows = write_rows("verify", run, scratch)
    bench = Bench("verify", run, inputs, rows, doing)
    own = run.record.backend
    other = "keras" if own == "torch" else "torch"
    whole = run.program.model_copy(update={"exports": {}})
    quantized = [
        e for e in run.program.exports.values() if e.quantize and e.train == run.train.name
    ]
    missing = {b: without_externs(run.program, run.train, b) for b in (own, other)}
    backends = [b for b in (own, other) if not missing[b]]
    refused = {kind: tuple(_refusals(run.model, kind)) for kind in MAKERS}
    makers = {kind: b for kind, b in MAKERS.items() if b in backends and not refused[kind]}
    quantized = [e for e in quantized if e.format in makers]
    programs = {b: program_in(run, b, scratch) for b in backends}
    exporting = {b: compiled_in(run, whole, b, scratch / f"{b}_whole") for b in makers.values()}

    def written(name: str, file: str, program: Path, out: Path) -> None:
        with doing(f"writing {file}"):
            made = converted(run, program, file, out)
        bench.file(name, made)

    works = [partial(bench.reference, programs[own])]
    works.extend(partial(bench.program, b, programs[b]) for b in backends if b != own)
    for kind, backend in makers.items():
        works.append(partial(written, kind, f"model.{kind}", exporting[backend], scratch))
    for e in quantized:
        out = scratch / "quantized"
        works.append(partial(written, e.file, e.file, programs[MAKERS[e.format]], out))
    together(works)
    others = [b for b in backends if b != own]
    compared = bench.compared([*others, *makers, *(e.file for e in quantized)])
    left_out = (
        *(_left_out(b, found) for b, found in missing.items() if found),
        *(
            f"{NAMES[kind]} is left out: {'; '.join(reasons)}"
            for kind, reasons in refused.items()
            if reasons and MAKERS[kind] in backends
        ),
    )
    return judged(run, compared, quantized, left_out)


def check_drawn(run: Trained) -> None:
    """Raises SpecError where the model draws in evaluation, too."""
    found = [x for x in layers(run.model, training=False) if isinstance(x.apply.op, Draw)]
    if found:
        places = tuple(dict.fromkeys(f"{x.name} (line {x.line})" for x in found))
        raise SpecError(DrawsInEvaluation(None, run.model.name, places))


def _refusals(model: ModelIR, kind: str) -> Iterator[str]:
    """What keeps a model out of the files of a format, each once."""
    found: dict[str, None] = {}
    for layer in layers(model, training=False):
        op, x = layer.apply.op, (flow.types[0] for flow in layer.apply.inputs)
        for r in op.refused(kind, *x):
            found[f"{FORMATS[kind]} files cannot hold {op.kind()} with {r.when}"] = None
    yield from found


def _left_out(backend: str, found: list[NotForThisBackend]) -> str:
    """`Keras and LiteRT are left out: ...`."""
    names = [NAMES[n] for n in (backend, *(kind for kind, b in MAKERS.items() if b == backend))]
    return f"{' and '.join(names)} are left out: {'; '.join(d.title for d in found)}"


def judged(
    run: Trained, compared: Comparison, quantized: list[Export], left_out: tuple[str, ...] = ()
) -> Verdict:
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
        left_out=left_out,
    )


def _lost(run: Trained, compared: Comparison, files: dict[str, Export]) -> Iterator[str]:
    for name, e in files.items():
        for limit in e.budget:
            if limit.measure == "accuracy_drop":
                lost = drop(run, compared.scores["reference"], compared.scores[name])
                if lost > limit.most:
                    yield f"{name} loses {100 * lost:.2f} points, of at most {limit.text}"
