"""What a command does at the moment, on the error stream."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

from dlspec.cli.report import colours


@contextmanager
def saying() -> Iterator[Callable[[str], AbstractContextManager[None]]]:
    """Shows what is done, while it lasts: on a terminal in a line that changes, elsewhere in a line
    for each thing when it begins. Several things may be done at once.
    """
    now: list[str] = []
    if not colours(sys.stderr):
        yield lambda text: _while(text, now, lambda begins: _line(text, begins))
        return
    from rich.console import Console

    with Console(stderr=True).status("") as status:
        yield lambda text: _while(text, now, lambda _: status.update(", ".join(now)))


@contextmanager
def _while(text: str, now: list[str], changed: Callable[[bool], None]) -> Iterator[None]:
    now.append(text)
    changed(True)
    try:
        yield
    finally:
        now.remove(text)
        changed(False)


def _line(text: str, begins: bool) -> None:
    if begins:
        sys.stderr.write(f"{text}\n")  # at once: other threads write too
        sys.stderr.flush()
