"""Exports of a run: ONNX from its PyTorch program, TFLite from its Keras program."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from dlspec.cost import cost
from dlspec.diagnostics import Diagnostic, SpecError
from dlspec.diagnostics.commands import MissingExtra
from dlspec.diagnostics.files import DiskFull
from dlspec.diagnostics.runs import ConversionFailed, NoExport
from dlspec.emit.files import check_writable, write_file
from dlspec.ir.externs import MAKERS
from dlspec.ir.networks import held
from dlspec.ir.recipe import Export
from dlspec.runners import memory
from dlspec.runners.compare import Bench, Comparison, Doing
from dlspec.runners.process import run_one
from dlspec.runners.report import Line, Report
from dlspec.runners.together import together
from dlspec.runners.trained import PACKAGES, Trained, program_in, write_rows

SECONDS = 1800
"""What a conversion may take."""


def chosen(run: Trained, names: Sequence[str]) -> list[Export]:
    """The exports of these names; all of the run's without any. Raises SpecError."""
    own = {e.name or "model": e for e in run.program.exports.values() if e.train == run.train.name}
    if not own:
        raise SpecError(NoExport(None, "", ()))
    unknown = [n for n in names if n not in own]
    if unknown:
        raise SpecError(*(NoExport(None, n, tuple(own)) for n in unknown))
    return [own[n] for n in names or own]


def export(
    run: Trained, exports: Sequence[Export], scratch: Path, doing: Doing
) -> tuple[list[Report], list[Diagnostic]]:
    """Writes each file into RUN/export with a report beside it. Returns the reports, and why others
    of the files could not be written, or run. Raises SpecError where the trained model cannot run.
    """
    for e in exports:
        check_writable(run.folder / "export" / e.file)
    with doing("reading the data"):
        inputs, rows = write_rows("export", run, scratch)
    bench = Bench("export", run, inputs, rows, doing)
    backends = (run.record.backend, *(MAKERS[e.format] for e in exports))
    programs = {b: program_in(run, b, scratch) for b in dict.fromkeys(backends)}

    def made(e: Export) -> dict[str, Any] | SpecError:
        try:
            with doing(f"writing {e.file}"):
                file = converted(run, programs[MAKERS[e.format]], e.file, run.folder / "export")
            return bench.file(e.file, file, e.network)
        except SpecError as error:
            return error

    def trained() -> dict[str, Any]:
        bench.reference(programs[run.record.backend])
        return {}

    works: list[Callable[[], dict[str, Any] | SpecError]] = [trained]
    works += (partial(made, e) for e in exports)
    told = list(zip(exports, together(works)[1:], strict=True))
    made_of = {e.file: facts for e, facts in told if not isinstance(facts, SpecError)}
    failed = [d for _, facts in told if isinstance(facts, SpecError) for d in facts.diagnostics]
    if not made_of:
        return [], failed
    compared = bench.compared([*made_of])
    reports = []
    for e in exports:
        if e.file not in made_of:
            continue
        report = reported(run, e, made_of[e.file], compared)
        beside = run.folder / "export" / e.file
        write_file(beside.with_suffix(".json"), report.to_json())
        write_file(beside.with_suffix(".txt"), report.to_text())
        reports.append(report)
    return reports, failed


def converted(run: Trained, program: Path, file: str, out: Path) -> Path:
    """The file that a program writes among its targets. Raises SpecError."""
    task = {
        "program": str(program.resolve()),
        "run": str(run.folder.resolve()),
        "out": str(out.resolve()),
        "file": file,
    }
    outcome = run_one("export_program", task, SECONDS)
    if outcome.missing:
        module = outcome.missing.partition(".")[0]
        extra = PACKAGES.get(module, "data")
        raise SpecError(MissingExtra(None, "export", (module,), extra))
    if outcome.answer is None:
        if os.strerror(errno.ENOSPC) in outcome.error:
            raise SpecError(DiskFull(None, (out / file).as_posix()))
        raise SpecError(ConversionFailed(None, file, outcome.error))
    return out / file


def reported(run: Trained, e: Export, told: dict[str, Any], compared: Comparison) -> Report:
    """What is to be said of one file."""
    model = held(run.model)[e.network].model if e.network else run.model
    costs = cost(model)
    quantized = e.quantize is not None
    before, after = compared.scores["reference"], compared.scores[e.file]
    found: dict[str, float] = {
        "size": (run.folder / "export" / e.file).stat().st_size,
        "macs": costs.macs,
        "ram": memory.peak(model, float_bytes=1 if quantized else 4),
    }
    if any(x.measure == "accuracy_drop" for x in e.budget):
        found["accuracy_drop"] = drop(run, before, after)
    return Report(
        file=e.file,
        format=e.format,
        quantized=quantized,
        size=int(found["size"]),
        operators=told["operators"],
        parameters=costs.parameters.learned,
        macs=costs.macs,
        ram=int(found["ram"]),
        part=run.part,
        rows=compared.rows,
        agreement={
            name: {
                "difference": apart,
                "limit": None if quantized else compared.limits[name],
                "snr": compared.noise[e.file][name],
            }
            for name, apart in compared.differences[e.file].items()
        },
        metrics={n: {"before": before[n], "after": after[n]} for n in before},
        budget=tuple(Line(limit, found[limit.measure]) for limit in e.budget),
    )


def drop(run: Trained, before: Any, after: Any) -> float:
    """How much worse the first metric that is a number became."""
    first = next(m for m in run.train.metrics if m.name in before)
    lost = float(before[first.name] - after[first.name])
    return lost if first.metric.greater_is_better else -lost
