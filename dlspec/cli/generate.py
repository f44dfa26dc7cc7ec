"""`dlspec generate`: what the best weights of a run generate, as its spec says."""

from __future__ import annotations

from pathlib import Path

from dlspec.cli.extras import need, readers
from dlspec.cli.guard import Usage
from dlspec.cli.program import run_program
from dlspec.diagnostics import SpecError, nearest
from dlspec.diagnostics.files import reported
from dlspec.diagnostics.folders import NoCheckpoint
from dlspec.diagnostics.runs import NoGenerate
from dlspec.emit.files import check_writable
from dlspec.frozen import frozen
from dlspec.pipeline.record import whole_record
from dlspec.pipeline.resume import BEST
from dlspec.programs.generate import blocks, time_of


@frozen
class Options:
    """What the command line asks for; None and "" leave it to the spec, or the program."""

    prompt: str | None
    text: str | None
    count: int
    seed: int
    limit: int | None
    part: str
    row: int
    out: Path | None


def generate_run(run: Path, name: str, options: Options) -> int:
    """Prints a line of tokens, or the text, for each example; of what is drawn, the file."""
    record = whole_record(run)
    program = record.program()
    train = program.trains[record.train]
    known = {g.name or "generate": g for g in blocks(program, train.name)}
    if not known or (name and name not in known):
        raise SpecError(NoGenerate(None, name, tuple(known), nearest(name, known)))
    need("generate", record.backend, more=readers(program.data[train.data]))
    if not (run / BEST).exists():
        raise SpecError(NoCheckpoint(None, run.as_posix()))
    name = name or next(iter(known))
    chosen = known[name]
    words = [name, "--count", str(options.count), "--seed", str(options.seed)]
    if chosen.strategy.feeding == "next":
        words += ["--limit", str(options.limit)] if options.limit is not None else []
        words += ["--text", options.text] if options.text is not None else []
        words += ["--prompt", *tokens(options.prompt)] if options.prompt is not None else []
    if chosen.strategy.feeding == "noise" and options.out is not None:
        with reported():
            check_writable(options.out)
        words += ["--out", str(options.out)]
    model = program.trained[train.name].root
    own = (chosen.input, time_of(chosen))
    if any(n not in own for n, _ in model.fed):
        words += ["--row", str(options.row)]
        words += ["--part", options.part] if options.part else []
    return run_program(run, "generate", words, print)


def tokens(prompt: str) -> list[str]:
    """The numbers of a prompt. Raises Usage where it holds anything else."""
    found = prompt.replace(",", " ").split()
    for word in found:
        if not word.isdecimal():
            raise Usage(f"`--prompt` has tokens by their numbers, `12 7 30`, and not {word!r}")
    return found
