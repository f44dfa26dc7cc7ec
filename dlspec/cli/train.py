"""`dlspec train`: compiles a spec into a run, and runs its `train.py`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dlspec.cli.extras import need, readers
from dlspec.cli.guard import INTERRUPTED
from dlspec.cli.places import cause, placed, source_of
from dlspec.cli.program import run_program
from dlspec.cli.progress import Progress
from dlspec.cli.spec import checked
from dlspec.cli.words import quoted
from dlspec.diagnostics import SpecError
from dlspec.diagnostics.files import reported
from dlspec.diagnostics.folders import OtherData, OtherLength, RunExists
from dlspec.emit.claim import claim
from dlspec.emit.files import write_tree
from dlspec.ir.program import Program
from dlspec.ir.recipe import Data, Train
from dlspec.pipeline.compile import Request, chosen_train, compiled
from dlspec.pipeline.lock import LOCK, read_lock
from dlspec.pipeline.resume import BEST, LAST, check_spec, holds_run
from dlspec.pipeline.stages import counts
from dlspec.pipeline.standing import standing
from dlspec.runners.gpu import need_gpu
from dlspec.runners.inspect import classes_in, inspect
from dlspec.source import Source


@dataclass(frozen=True)
class Options:
    """How to train: the options of the command line."""

    backend: str
    train: str
    settings: tuple[str, ...]
    device: str
    epochs: int | None
    steps: int | None
    resume: bool
    force: bool


def train(spec: Path, out: Path, options: Options) -> int:
    """Trains, and says where the weights are. Ctrl-C leaves a checkpoint, and status 130."""
    source, program = checked(spec, options.settings)
    block = chosen_train(program, options.train)
    counted, count = length(block, options)
    data = program.data[block.data]
    need("train", options.backend, more=readers(data))
    if options.device == "cuda":
        need_gpu("train", options.backend)
    resumes = options.resume and (out / LAST).exists()
    facts: dict[str, Any] = {}
    if resumes or data.unknown_classes:
        facts = facts_of(data, source, spec.parent)
    classes = classes_in(facts, data) if data.unknown_classes else None
    if classes is not None:
        source, program = checked(spec, options.settings, counts(classes))
        block = program.trains[block.name]
    check_run(out, program, block, options)
    if resumes:
        check_data(out, data, source, facts)
    request = Request(
        spec, source, program, out, options.backend, block.name, options.settings, classes
    )
    files = compiled(request)
    said = f"{count} {counted if count != 1 else counted.removesuffix('s')}"
    does = "resuming" if resumes else "training"
    model = ", ".join(block.networks) or block.model
    arguments = ["--device", options.device, f"--{counted}", str(count)]
    arguments += ["--resume"] if options.resume else ["--overwrite"] if options.force else []
    with reported(), claim(out) as held:
        write_tree(out, files, force=options.force)
        print(f"{does} {model} on {block.data} with {options.backend}: {said}")
        with Progress(out, count if counted == "epochs" else None) as progress:
            try:
                status = run_program(out, "train", arguments, progress.line, held)
            except SpecError as error:
                raise cause(error, "train", data, source, spec.parent) from None
    if status == INTERRUPTED:
        return status
    print(result(out))
    if "test" in data.split.shares():
        print(f"{out.as_posix()}: `dlspec eval {quoted(out)}` reads the test rows")
    return status


def length(block: Train, options: Options) -> tuple[str, int]:
    """What a run is counted in, and how many of them. Raises SpecError."""
    counted = "epochs" if block.steps is None else "steps"
    given = {"epochs": options.epochs, "steps": options.steps}
    other = "steps" if counted == "epochs" else "epochs"
    if given[other] is not None:
        raise SpecError(OtherLength(None, counted, other))
    count = given[counted] or (block.epochs if counted == "epochs" else block.steps)
    assert count is not None
    return counted, count


def facts_of(data: Data, source: Source, folder: Path) -> dict[str, Any]:
    """What a lock file says of the data, which are read. Raises SpecError."""
    try:
        found: dict[str, Any] = inspect("train", data, folder)["facts"]
        return found
    except SpecError as error:
        raise placed(error, data, source) from None


def check_run(out: Path, program: Program, block: Train, options: Options) -> None:
    """Whether this folder may become this run. Raises SpecError."""
    if options.force or not holds_run(out):
        return
    if not options.resume:
        raise SpecError(RunExists(None, out.as_posix()))
    check_spec(out, program, block.name)


def check_data(out: Path, data: Data, source: Source, facts: Mapping[str, Any]) -> None:
    """Whether the data are those that the run began with. Raises SpecError."""
    path = out / LOCK
    if not path.exists():
        return
    lock = read_lock(path)
    if lock.data != facts["hash"]:
        place = source_of(data, source)
        raise SpecError(OtherData(place, out.as_posix(), data.name, lock.rows, facts["rows"]))


def result(out: Path) -> str:
    """The best epoch of a run in a sentence."""
    best = standing(out / BEST)
    if not best:
        return "no epoch was trained"
    if "measure" not in best:
        return f"last epoch: {best['epoch']}"
    on = best["measure"].split()[1]
    return f"best epoch: {best['epoch']}, with {on} {best['best']:.4f}"
