"""`dlspec eval`: the best weights of a run on its test rows."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from dlspec.cli.extras import need, readers
from dlspec.cli.places import cause
from dlspec.cli.program import run_program
from dlspec.cli.table import table
from dlspec.diagnostics import SpecError
from dlspec.diagnostics.folders import NoCheckpoint, NoTestRows
from dlspec.pipeline.lock import lock_of
from dlspec.pipeline.record import whole_record
from dlspec.pipeline.resume import BEST
from dlspec.runners.gpu import need_gpu
from dlspec.runners.trained import class_names
from dlspec.source import Source


def evaluate(run: Path, as_json: bool, device: str) -> int:
    """Prints the loss and the metrics over the test rows."""
    record = whole_record(run)
    program = record.program()
    train = program.trains[record.train]
    data = program.data[train.data]
    need("eval", record.backend, more=readers(data))
    if device == "cuda":
        need_gpu("eval", record.backend)
    if "test" not in data.split.shares():
        raise SpecError(NoTestRows(None, data.name))
    if not (run / BEST).exists():
        raise SpecError(NoCheckpoint(None, run.as_posix()))
    lock = lock_of(run)
    lines: list[str] = []
    try:
        status = run_program(run, "train", ["--eval", "test", "--device", device], lines.append)
    except SpecError as error:
        source = Source(record.spec, record.text)
        raise cause(error, "eval", data, source, run / record.folder) from None
    if status != 0:
        return status
    found = json.loads("\n".join(lines))
    names = {
        m.name: class_names(lock, m.target, len(found[m.name]))
        for m in train.metrics
        if isinstance(found[m.name], list)
    }
    print(json.dumps(found) if as_json else "\n".join(_text(found, names)))
    return 0


def _text(found: dict[str, Any], classes: Mapping[str, Sequence[str]]) -> Iterator[str]:
    """The numbers, then each matrix below the names of its classes."""
    numbers = {n: v for n, v in found.items() if not isinstance(v, list)}
    width = max(map(len, numbers))
    for name, value in numbers.items():
        yield f"{name.ljust(width)}  {value:.4f}"
    for name, value in found.items():
        if isinstance(value, list):
            yield ""
            yield f"{name}: rows are true classes, columns predicted ones"
            head = ("", *classes[name])
            rows = [(true, *map(str, row)) for true, row in zip(classes[name], value, strict=True)]
            yield table(head, rows, range(len(head)))
