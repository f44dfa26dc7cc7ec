"""A folder that one process at a time writes into."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from dlspec.emit.files import Claimed, Unwritable


@contextmanager
def claim(folder: Path) -> Iterator[int]:
    """Holds a folder, which is made if need be, until the end of the block and of every process
    that inherits the descriptor. Being killed lets go of it, and nothing is left behind.

    Raises:
        Claimed: another process holds it.
        Unwritable: it can neither be opened nor made.
    """
    if folder.exists() and not folder.is_dir():
        raise Unwritable(folder, "a file of this name stands there")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        held = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    except OSError as error:
        raise Unwritable(folder, (error.strerror or str(error)).lower()) from error
    try:
        _lock(held, folder)
        yield held
    finally:
        os.close(held)


def _lock(held: int, folder: Path) -> None:
    try:
        fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise Claimed(folder) from None
    except OSError:  # some network file systems have no locks
        return
