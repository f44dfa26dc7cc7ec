"""`dlspec check --watch`: checks again at each change, until Ctrl-C.

The files are asked for their times of change. There are few of them, and it works on every file
system and for every way in which an editor saves.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path

from dlspec.cli.guard import guarded
from dlspec.cli.report import colours
from dlspec.diagnostics import SpecError
from dlspec.syntax import parse, read, tree

EVERY = 0.3
"""Seconds between two looks."""
SETTLED = 0.05
"""Seconds without a further change, after which a file counts as written."""
CLEAR = "\x1b[2J\x1b[3J\x1b[H"

Marks = dict[Path, tuple[int, int] | None]
"""Time of change and size of each file; None for one that is not there."""


def watch(specs: Sequence[Path], run: Callable[[], int]) -> int:
    """Runs at once, and whenever a spec or a file that it imports has changed."""
    on_terminal = colours(sys.stdout)
    try:
        while True:
            files = read_by(specs)
            before = marks(files)
            if on_terminal:
                print(CLEAR, end="")
            guarded(run, again=True)
            count = f"{len(files)} files" if len(files) > 1 else files[0].as_posix()
            print(f"\nwatching {count}; Ctrl-C ends", flush=True)
            while marks(files) == before:
                time.sleep(EVERY)
            settle(files)
    except KeyboardInterrupt:
        return 0


def settle(files: Sequence[Path]) -> None:
    """Waits until nothing changes any more: an editor may write a file in several steps."""
    before = None
    while (now := marks(files)) != before:
        before = now
        time.sleep(SETTLED)


def marks(files: Iterable[Path]) -> Marks:
    return {path: _mark(path) for path in files}


def _mark(path: Path) -> tuple[int, int] | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size


def read_by(specs: Iterable[Path]) -> list[Path]:
    """The specs and all that they import, also what is not there."""
    found: dict[Path, None] = {}
    waiting = [(path, path.parent) for path in specs]
    while waiting:
        path, folder = waiting.pop(0)
        if path in found:
            continue
        found[path] = None
        try:
            file = parse(read(path))[0]
        except SpecError:
            continue
        waiting.extend((folder / name, (folder / name).parent) for name in _imported(file))
    return list(found)


def _imported(file: tree.File) -> Iterator[str]:
    """The paths in the imports of a file; modules of the standard library have none."""
    for s in file.statements:
        literal = s.path if isinstance(s, tree.Import) else getattr(s, "module", None)
        if isinstance(literal, tree.Literal):
            yield str(literal.value)
