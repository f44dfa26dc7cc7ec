"""Every error by its code, with its manual page and an example of it.

An example is a file of `examples/`: what brings the error about (a spec, or a command line after
`$ `), a line `---`, what is printed, a line `---`, and how it is mended: lines to take out after
`-`, to put in after `+`, and lines that stay after a space. An empty line parts two places.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator, Mapping
from importlib import import_module
from inspect import cleandoc
from pathlib import Path
from pkgutil import iter_modules

from dlspec.declared import snake_case
from dlspec.diagnostics.base import CODES, Diagnostic
from dlspec.frozen import frozen

HERE = Path(__file__).parent
EXAMPLES = HERE / "examples"


@frozen
class Example:
    """What brings an error about, what is then printed, and how it is mended."""

    source: str
    printed: str
    mend: str

    @property
    def is_spec(self) -> bool:
        """Whether `check` of the source finds the error; else the source is a command line."""
        return not self.source.startswith("$ ")

    @property
    def mended(self) -> str:
        """The source without the error. Raises ValueError where `mend` does not fit it."""
        text = f"\n{self.source}\n"
        for place in self.mend.split("\n\n"):
            lines = place.split("\n")
            before, after = (
                "".join(f"{line[1:]}\n" for line in lines if not line.startswith(sign))
                for sign in "+-"
            )
            if text.count(f"\n{before}") != 1:
                raise ValueError(f"these lines are not in the source once:\n{before}")
            text = text.replace(f"\n{before}", f"\n{after}")
        return text[1:]


def codes() -> Mapping[str, type[Diagnostic]]:
    """Every error by its code, in order."""
    for module in iter_modules([str(HERE)]):
        import_module(f"dlspec.diagnostics.{module.name}")
    return dict(sorted(CODES.items()))


def areas() -> dict[str, list[type[Diagnostic]]]:
    """The errors by their areas, which are the files beside this one."""
    found: dict[str, list[type[Diagnostic]]] = {}
    for error in codes().values():
        found.setdefault(_area(error), []).append(error)
    return found


def _area(error: type[Diagnostic]) -> str:
    """The first line of a file of errors, without its range of codes."""
    first = (sys.modules[error.__module__].__doc__ or "").strip().splitlines()[0]
    return re.sub(r" \(DLS.*", "", first)


def heading(error: type[Diagnostic]) -> str:
    """`DLS204 shapes do not combine`."""
    return f"{error.code} {snake_case(error.__name__).replace('_', ' ')}"


def manual(error: type[Diagnostic]) -> str:
    """What the error means, in paragraphs."""
    return cleandoc(error.__doc__ or "")


def example(code: str) -> Example | None:
    """The example of an error. What is no UTF-8 in it is read as surrogates."""
    path = EXAMPLES / f"{code}.txt"
    if not path.is_file():
        return None
    text = path.read_text(encoding="utf-8", errors="surrogateescape").removesuffix("\n")
    return Example(*text.split("\n---\n"))


def visible(text: str) -> Iterator[str]:
    """Lines for people: control characters by their numbers, very long lines without their ends."""
    plain = "".join(c if c.isprintable() or c == "\n" else f"\\x{ord(c) & 0xFF:02x}" for c in text)
    for line in plain.split("\n"):
        yield f"{line[:LONGEST]} ..." if len(line) > LONGEST else line


LONGEST = 140
"""The most characters that are shown of a line."""
