"""The `dlspec` command. `--version` answers before anything is imported."""

from __future__ import annotations

import sys


def main() -> None:
    from dlspec.cli.streams import fill, written

    fill()
    arguments = sys.argv[1:]
    found = written(lambda: status(arguments))
    if arguments[:1] in (["check"], ["compile"]):
        leave(found)
    sys.exit(found)


def leave(status: int) -> None:
    """Ends the process at once, with its output written: Python would first take apart what it
    made, which is a tenth of its time."""
    import os

    try:
        sys.stderr.flush()
    finally:
        os._exit(status)


def status(arguments: list[str]) -> int:
    """Runs a command line, and gives its exit status."""
    if arguments == ["--version"]:
        from dlspec import __version__

        print(f"dlspec {__version__}")
        return 0
    import gc
    import os

    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")  # we have none, and a look costs
    gc.set_threshold(100_000)  # a command makes much and drops little: a tenth of a check's time
    from dlspec.cli.quick import quick

    found = quick(arguments)
    if found is None:
        from dlspec.cli.app import run

        found = run(arguments)
    return found


if __name__ == "__main__":
    main()
