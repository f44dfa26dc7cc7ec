"""`dlspec train`: compiles a spec into a run, and runs its `train.py`."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from dlspec.cli.extras import need, readers
from dlspec.cli.guard import INTERRUPTED
from dlspec.cli.places import cause, placed
from dlspec.cli.program import run_program
from dlspec.cli.progress import Progress
from dlspec.cli.spec import checked
from dlspec.diagnostics import SpecError
from dlspec.diagnostics.commands import OtherSpec, RunExists
from dlspec.diagnostics.files import reported
from dlspec.emit.files import write_tree
from dlspec.ir.program import Program
from dlspec.ir.recipe import Train
from dlspec.pipeline.compile import Request, chosen_train, compiled
from dlspec.pipeline.record import RECORD, read_record
from dlspec.pipeline.resume import differences
from dlspec.runners.inspect import classes_of

CHECKPOINTS = ("last.safetensors", "best.safetensors")


@dataclass(frozen=True)
class Options:
    """How to train: the options of the command line."""

    backend: str
    train: str
    settings: tuple[str, ...]
    device: str
    epochs: int | None
    resume: bool
    force: bool


def train(spec: Path, out: Path, options: Options) -> int:
    """Trains, and says where the weights are. Ctrl-C leaves a checkpoint, and status 130."""
    source, program = checked(spec, options.settings)
    block = chosen_train(program, options.train)
    need("train", options.backend, readers(program.data[block.data]))
    classes = None
    if program.data[block.data].unknown_classes:
        try:
            classes = classes_of("train", program.data[block.data], spec.parent)
        except SpecError as error:
            raise placed(error, program.data[block.data], source) from None
        source, program = checked(spec, options.settings, classes)
        block = program.trains[block.name]
    check_run(out, program, block, options)
    request = Request(
        spec, source, program, out, options.backend, block.name, options.settings, classes
    )
    with reported():
        write_tree(out, compiled(request), force=options.force)
    epochs = block.epochs if options.epochs is None else options.epochs
    print(f"training {block.model} on {block.data} with {options.backend}: {epochs} epochs")
    arguments = ["--device", options.device, "--epochs", str(epochs)]
    arguments += ["--resume"] if options.resume else ["--overwrite"] if options.force else []
    with Progress(out / "metrics.jsonl", epochs, block.best_by) as progress:
        try:
            status = run_program(out, "train", arguments, progress.line)
        except SpecError as error:
            data = program.data[block.data]
            raise cause(error, "train", data, source, spec.parent) from None
    if status == INTERRUPTED:
        return status
    print(progress.result())
    print(f"{out.as_posix()}: `dlspec eval {out.as_posix()}` reads the test rows")
    return status


def check_run(out: Path, program: Program, block: Train, options: Options) -> None:
    """Whether this folder may become this run. Raises SpecError."""
    there = any((out / name).exists() for name in CHECKPOINTS)
    if options.force or not there:
        return
    if not options.resume:
        raise SpecError(RunExists(None, out.as_posix()))
    if not (out / RECORD).exists():
        return
    record = read_record(out)
    try:
        old = record.program()
    except SpecError:
        raise SpecError(OtherSpec(None, out.as_posix(), ())) from None
    found = differences(old, record.train, program, block.name)
    if found:
        raise SpecError(OtherSpec(None, out.as_posix(), found))
