"""`read`: a file as a source."""

from __future__ import annotations

from pathlib import Path

from dlspec.diagnostics import SpecError
from dlspec.diagnostics.text import NotUtf8, TooLarge, Unreadable
from dlspec.source import Source

LARGEST = 2_000_000  # characters; a specification of a thousand layers has fifty thousand


def read(path: str | Path) -> Source:
    """The text of a file, without its byte order mark, named as the path was given.

    Raises `SpecError` for a file that is missing, unreadable, too large or not UTF-8.
    """
    name = str(path)
    try:
        with open(path, "rb") as file:
            data = file.read(4 * LARGEST + 1)  # a character has at most four bytes
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise SpecError(Unreadable(None, name, reason)) from None
    except ValueError as error:  # a path with a null character
        raise SpecError(Unreadable(None, name, str(error))) from None
    if len(data) > 4 * LARGEST:
        raise SpecError(TooLarge(None, name, Path(path).stat().st_size, LARGEST))
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise SpecError(NotUtf8(None, name, error.start, data[error.start])) from None
    return Source(name, text.removeprefix("\ufeff"))
