"""`dlspec fmt`: specs in their set form."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from difflib import unified_diff
from pathlib import Path

from dlspec.cli.report import report, status
from dlspec.diagnostics import Diagnostic, SpecError
from dlspec.diagnostics.files import reported
from dlspec.diagnostics.text import NotUtf8, Unreadable
from dlspec.emit.files import write_file
from dlspec.source import Source
from dlspec.syntax import format_text, read

STDIN = Path("-")


def fmt(files: Sequence[Path], check: bool, diff: bool) -> int:
    """Formats files in place, `-` from standard input to standard output.

    With `check` or `diff` nothing is written: 1 where a file would change. A file that does not
    parse stays as it is; 2 where one cannot be read.
    """
    problems: list[Diagnostic] = []
    changed = []
    for path in files:
        try:
            source = _stdin() if path == STDIN else read(path)
            text = format_text(source)
            if text != source.text:
                changed.append(path)
            if diff:
                _show(source, text)
            if path == STDIN:
                if not check and not diff:
                    sys.stdout.write(text)
            elif text != source.text and not check and not diff:
                with reported():
                    write_file(path, text)
        except SpecError as error:
            problems.extend(error.diagnostics)
    report(problems)
    if check:
        for path in changed:
            print(f"{path.as_posix()} would change", file=sys.stderr)
    return status(problems) or int(bool(changed) and (check or diff))


def _stdin() -> Source:
    name = "<stdin>"
    if sys.stdin is None:
        raise SpecError(Unreadable(None, name, "it is closed"))
    data = sys.stdin.buffer.read()
    try:
        return Source(name, data.decode("utf-8").removeprefix("\ufeff"))
    except UnicodeDecodeError as error:
        found = NotUtf8(None, name, error.start, data[error.start])
        raise SpecError(found) from None


def _show(source: Source, text: str) -> None:
    before, after = source.text.splitlines(), text.splitlines()
    names = (source.name, f"{source.name} (formatted)")
    for line in unified_diff(before, after, *names, lineterm=""):
        print(line)
