"""What a command does at the moment, on a terminal: a line that the next one replaces."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from dlspec.cli.report import colours


@contextmanager
def saying() -> Iterator[Callable[[str], None]]:
    """Shows what it is told, while it lasts; nothing where errors are not read on a terminal."""
    if not colours(sys.stderr):
        yield lambda text: None
        return
    from rich.console import Console

    with Console(stderr=True).status("") as status:
        yield lambda text: status.update(text)
