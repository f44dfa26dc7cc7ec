"""No traceback reaches a user: what ends a command early, and how it is told."""

from __future__ import annotations

import sys
from collections.abc import Callable

from dlspec.cli.report import report, status
from dlspec.cli.streams import abandon
from dlspec.diagnostics import SpecError

INTERRUPTED = 130
"""What a shell gives a command that Ctrl-C ended."""


class Usage(Exception):
    """Options that do not go together."""


def guarded(run: Callable[[], int], *, again: bool = False) -> int:
    """The exit status of a command; its errors are sentences.

    `--debug` shows the traceback of an unexpected one. With `again` the command will run again, so
    what ends all of it is left to the caller: Ctrl-C, and nobody to read. Raises Usage.
    """
    try:
        found = run()
        sys.stdout.flush()
        return found
    except Usage:
        raise
    except SpecError as error:
        report(error.diagnostics)
        return status(error.diagnostics)
    except KeyboardInterrupt:
        if again:
            raise
        print("stopped", file=sys.stderr)
        return INTERRUPTED
    except BrokenPipeError:
        if again:
            raise
        abandon()
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
