"""`dlspec compile`: the program of a spec, in a folder that runs by itself."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from dlspec.cli.spec import checked
from dlspec.cli.words import quoted
from dlspec.diagnostics.files import reported
from dlspec.emit.files import write_tree
from dlspec.pipeline.compile import Request, chosen_train, compiled
from dlspec.pipeline.counts import locked
from dlspec.pipeline.resume import check_spec, holds_run
from dlspec.pipeline.stages import counts


def compile(
    spec: Path,
    out: Path,
    backend: str,
    train: str,
    lock: Path | None,
    given: Sequence[str],
    force: bool,
) -> int:
    """Writes the folder, and says what is in it."""
    source, program = checked(spec, given)
    block = chosen_train(program, train)
    classes = None
    if lock is not None:
        classes = locked(program, lock, block.name)
        source, program = checked(spec, given, counts(classes))
    elif told_by_parameter := program.counts_given(block.name):
        source, program = checked(spec, given, told_by_parameter)
    if holds_run(out) and not force:
        check_spec(out, program, block.name)
    request = Request(spec, source, program, out, backend, train, tuple(given), classes)
    files = compiled(request)
    with reported():
        write_tree(out, files, force=force)
    lines = sum(text.count("\n") for name, text in files.items() if name.endswith(".py"))
    print(f"{out.as_posix()}: {len(files)} files, {lines:,} lines of Python for {backend}")
    print(f"run it with `python {quoted(out / 'train.py')}`")
    return 0
