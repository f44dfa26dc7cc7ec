"""`dlspec graph`: a picture of a model."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from dlspec.cli.guard import Usage
from dlspec.cli.spec import checked
from dlspec.diagnostics.files import reported
from dlspec.emit.files import write_file
from dlspec.graph.draw import FORMATS, chosen, draw, format_of
from dlspec.ir.program import Program
from dlspec.pipeline.counts import locked
from dlspec.pipeline.stages import counts

STDOUT = Path("-")


def graph(
    spec: Path,
    out: Path | None,
    form: str | None,
    model: str,
    depth: int | None,
    given: Sequence[str],
    lock: Path | None = None,
    train: str = "",
) -> int:
    """Writes the picture in the format of the file's suffix, or in `form`. `lock` has the classes
    that only the data tells, of the data of `train`."""
    if out is None and form is None:
        raise Usage("say where to write (`-o net.html`), or in which format (`--format dot`)")
    form = form or format_of(str(out))
    if form is None:
        raise Usage(f"no format is known by `{out}`; `--format` takes {', '.join(FORMATS)}")
    program = checked(spec, given)[1]
    if lock is not None:
        program = checked(spec, given, counts(locked(program, lock, train)))[1]
    found = chosen(program, model)
    for note in dict.fromkeys(_unknown(program, found.name)):
        print(note, file=sys.stderr)
    text = draw(found, form, spec.name, depth)
    if out is None or out == STDOUT:
        sys.stdout.write(text)
        return 0
    with reported():
        write_file(out, text)
    print(f"{out.as_posix()}: {found.name} as {form}")
    return 0


def _unknown(program: Program, model: str) -> Iterator[str]:
    """What is said of class counts that only the data tells, and which a picture shows."""
    for name, trained in program.trained.items():
        for parameter, field in program.standing_in(name).items() if trained.name == model else ():
            number = trained.root.arguments[parameter]
            told = f"which only the data of `{field}` tells: `--lock` takes the lock file of a run"
            yield f"{number} stands for `{parameter}`, {told}"
