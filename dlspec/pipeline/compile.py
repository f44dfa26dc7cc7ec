"""From a program to the files of a folder."""

from __future__ import annotations

import os
from pathlib import Path

from dlspec.backend.protocol import UnsupportedOp
from dlspec.backend.registry import find
from dlspec.diagnostics import SpecError
from dlspec.diagnostics.commands import ClassesUnknown, NoTrain
from dlspec.diagnostics.externs import NotForThisBackend
from dlspec.diagnostics.uses import NotForBackend
from dlspec.frozen import frozen
from dlspec.ir.document import program_hash
from dlspec.ir.externs import missing
from dlspec.ir.program import COUNTED, Program
from dlspec.ir.recipe import Train
from dlspec.pipeline.record import Record
from dlspec.pipeline.stages import Names
from dlspec.source import Source


@frozen
class Request:
    """What is compiled: a spec with its program, for a backend, into a folder."""

    spec: Path
    source: Source
    program: Program
    out: Path
    backend: str = "torch"
    train: str = ""
    settings: tuple[str, ...] = ()
    classes: Names | None = None


def compiled(request: Request) -> dict[str, str]:
    """Every file of the folder, by its name. Raises SpecError."""
    backend = find(request.backend)
    program, train = request.program, chosen_train(request.program, request.train)
    if found := without_externs(program, train, request.backend):
        raise SpecError(*found)
    names = {d: dict(fields) for d, fields in (request.classes or {}).items()}
    data = program.data[train.data]
    unknown = tuple(f for f in data.unknown_classes if f not in names.get(data.name, {}))
    if unknown:
        parameter = f"{train.model}.{COUNTED}" if train.counted and len(unknown) == 1 else ""
        raise SpecError(ClassesUnknown(None, data.name, unknown, parameter))
    folder = _way(request.out, request.spec.parent)
    record = Record(
        spec=request.spec.name,
        text=request.source.text,
        folder=folder,
        settings=request.settings,
        backend=request.backend,
        train=train.name,
        hash=program_hash(program),
        classes={d: {f: list(c) for f, c in fields.items()} for d, fields in names.items()},
        imported=request.source.imported or {},
    )
    try:
        files = backend.files(
            program, train.name, hash=record.hash, folder=folder, classes=names.get(data.name)
        )
    except UnsupportedOp as error:
        problem = NotForBackend(None, request.backend, error.kind, error.reason, error.advice)
        raise SpecError(problem) from None
    return {**files, **record.files()}


def chosen_train(program: Program, name: str) -> Train:
    """The `train` block of this name; without one, the only one or the one without a name."""
    trains = program.trains
    if name not in trains and not name and len(trains) == 1:
        return next(iter(trains.values()))
    if name not in trains:
        raise SpecError(NoTrain(None, name, tuple(trains), next(iter(program.models), "")))
    return trains[name]


def without_externs(program: Program, train: Train, backend: str) -> list[NotForThisBackend]:
    """The Python functions that a program would call and a backend has none for, each once."""
    models = (program.trained[train.name], *(step.graph for step in train.graphs))
    return [
        NotForThisBackend(None, op.name, backend, op.backends, line)
        for op, line in missing(models, backend)
    ]


def _way(start: Path, end: Path) -> str:
    """The relative path from one folder to another."""
    return Path(os.path.relpath(end.resolve(), start.resolve())).as_posix()
