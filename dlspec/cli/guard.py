"""No traceback reaches a user: what ends a command early, and how it is told."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from functools import wraps
from typing import ParamSpec

import typer

from dlspec.cli.report import report
from dlspec.cli.report import status as status_of
from dlspec.diagnostics import SpecError

P = ParamSpec("P")

INTERRUPTED = 130
"""What a shell gives a command that Ctrl-C ended."""


def command(function: Callable[P, int]) -> Callable[P, None]:
    """A command whose errors are sentences. `--debug` shows the traceback of an unexpected one."""

    @wraps(function)
    def guarded(*args: P.args, **kwargs: P.kwargs) -> None:
        raise typer.Exit(_status(lambda: function(*args, **kwargs)))

    return guarded


def _status(run: Callable[[], int]) -> int:
    try:
        status = run()
        sys.stdout.flush()
        return status
    except typer.BadParameter:
        raise
    except SpecError as error:
        report(error.diagnostics)
        return status_of(error.diagnostics)
    except KeyboardInterrupt:
        print("stopped", file=sys.stderr)
        return INTERRUPTED
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # for the flush at exit
        return 0
    except OSError as error:
        from dlspec.diagnostics.files import CannotWrite

        reason = (error.strerror or str(error)).lower()
        report([CannotWrite(None, str(error.filename or "the output"), reason)])
        return 2
    except Exception as error:
        if "--debug" in sys.argv:
            raise
        from dlspec.diagnostics.commands import Internal

        report([Internal(None, f"{type(error).__name__}: {error}")])
        return 1
