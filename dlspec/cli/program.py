"""Runs a program of a compiled folder in a process of its own."""

from __future__ import annotations

import errno
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import IO

from dlspec.cli.guard import INTERRUPTED
from dlspec.diagnostics import SpecError
from dlspec.diagnostics.commands import ProgramFailed
from dlspec.diagnostics.files import DiskFull
from dlspec.runners.process import telling

ERROR, STOPPED = "error: ", "stopped"
GRACE = 2.0
"""Seconds that a program has to end by the Ctrl-C that its terminal sent it."""


def run_program(
    run: Path,
    name: str,
    arguments: Sequence[str],
    line: Callable[[str], None],
    *inherited: int,
) -> int:
    """Runs `NAME.py` of a folder; each line that it prints goes to `line`. It inherits these
    descriptors, which hold the folder for it.

    Returns 0, or 130 where Ctrl-C ended it. Raises SpecError where it fails: with its own sentence
    if it ends with one, else with the last line of its traceback; or because the disk is full.
    """
    command = [sys.executable, str(run / f"{name}.py"), *arguments]
    child = subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        encoding="utf-8",
        pass_fds=inherited,
        env={**os.environ, "DLSPEC_CLAIMED": "1"} if inherited else None,
    )
    said: list[str] = []
    assert child.stdout is not None and child.stderr is not None
    listener = threading.Thread(target=_listen, args=(child.stderr, said), daemon=True)
    listener.start()
    before = signal.signal(signal.SIGTERM, lambda *_: child.terminate())
    try:
        status = _follow(child, child.stdout, line)
    finally:
        signal.signal(signal.SIGTERM, before)
        child.terminate()  # where nobody reads what it says
    listener.join(timeout=10)
    if "--debug" in sys.argv:
        sys.stderr.writelines(said)
    if status in (INTERRUPTED, -signal.SIGINT, -signal.SIGTERM):
        stopped = [text.strip() for text in said if text.startswith(STOPPED)]
        print(stopped[-1] if stopped else STOPPED, file=sys.stderr)
        return INTERRUPTED
    if status != 0:
        why = _last(said, status)
        if os.strerror(errno.ENOSPC) in why:
            raise SpecError(DiskFull(None, run.as_posix()))
        raise SpecError(ProgramFailed(None, f"{name}.py", why))
    return 0


def _follow(child: subprocess.Popen[str], out: IO[str], line: Callable[[str], None]) -> int:
    """Waits for the end. Ctrl-C reaches the child by itself, which then saves what it has; an
    interrupt that was sent to this process alone is passed on, to a child that does not end."""
    patience: threading.Timer | None = None
    try:
        while True:
            try:
                for text in out:
                    line(text.rstrip("\n"))
                return child.wait()
            except KeyboardInterrupt:
                if patience is None:
                    patience = threading.Timer(GRACE, child.send_signal, [signal.SIGINT])
                    patience.start()
    finally:
        if patience is not None:
            patience.cancel()


def _listen(stream: IO[str], said: list[str]) -> None:
    said.extend(stream)


def _last(said: Sequence[str], status: int) -> str:
    lines = [text.strip() for text in said if text.strip()]
    sentences = [text for text in lines if text.startswith(ERROR)]
    if sentences:
        return sentences[-1].removeprefix(ERROR)
    if status < 0:
        return f"the system ended it with signal {-status}"
    return telling(said) or f"it ended with status {status}"
