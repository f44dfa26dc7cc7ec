"""Standard streams that are closed, or whose reader is gone."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable


def fill() -> None:
    """Puts an empty file in the place of each standard stream that is closed.

    Else the next file that is opened would be standard output, and be written into. That standard
    input is closed is still to be seen: `sys.stdin` stays None.
    """
    for descriptor in range(3):
        try:
            os.fstat(descriptor)
        except OSError:
            os.set_inheritable(os.open(os.devnull, os.O_RDWR), True)  # takes the lowest number
    # standard streams last as long as the process
    sys.stdout = sys.stdout or open(os.devnull, "w")  # noqa: SIM115
    sys.stderr = sys.stderr or open(os.devnull, "w")  # noqa: SIM115


def written(run: Callable[[], int]) -> int:
    """The exit status of a command, when all of its output is written; 0 where nobody reads it."""
    try:
        status = run()
        sys.stdout.flush()
        return status
    except BrokenPipeError:
        abandon()
        return 0


def abandon() -> None:
    """Lets the rest of the output go nowhere: its reader is gone."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
