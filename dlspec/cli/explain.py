"""`dlspec explain`: what an error means, what brings it about, and how it is mended."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Iterator
from difflib import get_close_matches

from dlspec.cli.report import colours
from dlspec.diagnostics import Diagnostic, SpecError
from dlspec.diagnostics.catalogue import (
    Example,
    areas,
    codes,
    example,
    heading,
    manual,
    visible,
)
from dlspec.diagnostics.tools import UnknownCode

SIGNS = {"+": "32", "-": "31"}
"""Of lines that are put in and taken out: green and red."""


def explain(code: str | None) -> int:
    """Prints the entry of an error, without any the list of all."""
    if code is None:
        print("\n".join(_list()))
    else:
        print("\n".join(_entry(_find(code), colours(sys.stdout))))
    return 0


def _find(asked: str) -> type[Diagnostic]:
    """The error with this code: `DLS204`, `dls204`, `204`. Raises SpecError."""
    known = codes()
    digits = re.fullmatch(r"(?i:dls)?(\d{1,3})", asked.strip())
    code = f"DLS{digits[1]:0>3}" if digits else asked.strip().upper()
    if code in known:
        return known[code]
    near = _near(code, known) if digits else get_close_matches(code, known, n=3, cutoff=0.5)
    raise SpecError(UnknownCode(None, asked, tuple(near)))


def _near(code: str, known: Iterable[str]) -> list[str]:
    """Codes with the same digits in another order, then the next ones by their numbers."""

    def distance(other: str) -> tuple[bool, int]:
        return sorted(other) != sorted(code), abs(int(other[3:]) - int(code[3:]))

    return sorted(known, key=distance)[:3]


def _list() -> Iterator[str]:
    """Every error with the first sentence of its page, by areas."""
    for i, (area, errors) in enumerate(areas().items()):
        yield from [""] * (i > 0)
        yield area
        for error in errors:
            paragraph = " ".join(manual(error).split("\n\n")[0].split())
            yield f"  {error.code}  {re.split(r'(?<=[.?]) (?=[A-Z`])', paragraph)[0]}"


def _entry(error: type[Diagnostic], colour: bool) -> Iterator[str]:
    yield heading(error)
    if error.severity == "warning":
        yield "A warning: the spec compiles all the same."
    yield ""
    yield manual(error)
    found = example(error.code)
    if found is not None:
        yield from _example(found, colour)


def _example(found: Example, colour: bool) -> Iterator[str]:
    yield ""
    yield from _part("for example", visible(found.source))
    yield from _part("prints", visible(found.printed))
    mend = [_signed(line, colour) for line in visible(found.mend)]
    yield from _part("mended by", mend)


def _part(title: str, lines: Iterable[str]) -> Iterator[str]:
    yield f"{title}:"
    yield ""
    for line in lines:
        yield f"    {line}".rstrip()
    yield ""


def _signed(line: str, colour: bool) -> str:
    style = SIGNS.get(line[:1]) if colour else None
    return f"\x1b[{style}m{line}\x1b[0m" if style else line
