"""`dlspec check` without the library that reads command lines, which takes as long as small specs.

An editor runs it at every save. Whatever is not plain here goes to `dlspec.cli.app`, which knows
every option, and says what is wrong with one.
"""

from __future__ import annotations

from pathlib import Path

from dlspec.cli.guard import guarded

FORMATS = ("text", "json", "github", "sarif")


def quick(arguments: list[str]) -> int | None:
    """The exit status of `check SPEC... [--format F] [--strict]`; None for any other command."""
    if len(arguments) < 2 or arguments[0] != "check":
        return None
    specs: list[Path] = []
    form, strict = "text", False
    rest = iter(arguments[1:])
    for word in rest:
        if word == "--strict":
            strict = True
        elif word == "--format":
            form = next(rest, "")
        elif word.startswith("-"):
            return None
        else:
            specs.append(Path(word))
    if not specs or form not in FORMATS:
        return None

    def run() -> int:
        from dlspec.cli.check import check

        return check(specs, form, strict, ())

    return guarded(run)
