"""The `dlspec` command. `--version` answers before anything is imported."""

from __future__ import annotations

import sys


def main() -> None:
    arguments = sys.argv[1:]
    if arguments == ["--version"]:
        from dlspec import __version__

        print(f"dlspec {__version__}")
        return
    import gc
    import os

    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")  # we have none, and a look costs
    gc.set_threshold(100_000)  # a command makes much and drops little: a tenth of a check's time
    from dlspec.cli.quick import quick

    status = quick(arguments)
    if status is None:
        from dlspec.cli.app import run

        status = run(arguments)
    sys.exit(status)


if __name__ == "__main__":
    main()
