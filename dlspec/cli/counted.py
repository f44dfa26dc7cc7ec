"""What is shown of a spec whose class count only the data tells: the same made with several counts
tells which numbers depend on it, and how."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

from dlspec.cli.parts import BlockPart, ModelPart, parts
from dlspec.ir.program import Program
from dlspec.pipeline.counts import unknown

NUMBER = re.compile(r"((?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?(?: [KMG]?B\b)?)")
"""A number as it is shown, of bytes with the unit."""
WHOLE = re.compile(r"([\d,]+)( B)?")
UNKNOWN = "?"


class Shown:
    """A program, with the same at other class counts where only the data tells one. What was made
    of each is merged: the first, where they agree."""

    def __init__(self, program: Program, others: Sequence[tuple[int, Program]] = ()) -> None:
        self.programs = (program, *(other for _, other in others))
        self.name, count = next(iter(unknown(program)), ("", 0))
        self.counts = (count, *(n for n, _ in others))

    def parts(self) -> Iterator[ModelPart | BlockPart]:
        """The parts of a summary."""
        for made in zip(*map(parts, self.programs), strict=True):
            first = made[0]
            if isinstance(first, BlockPart):
                yield first
                continue
            names = ("title", "types", "rows", "totals", "defaults")
            merged = {n: self.merged([getattr(m, n) for m in made]) for n in names}
            merged["totals"] += tuple(self.open(*row) for row in first.unknown)
            yield replace(first, **merged)

    def open(self, name: str, number: str, field: str) -> tuple[str, str]:
        """What is said of a count that is not known."""
        if len(self.programs) == 1:
            return name, f"{number} stands for the count that only the data of `{field}` tells"
        return name, f"only the data of `{field}` tells; `--lock` takes the lock file of a run"

    def merged(self, made: Sequence[Any]) -> Any:
        """Texts, numbers, and what holds them. A number alone is None where they differ."""
        first = made[0]
        if all(m == first for m in made):
            return first
        match first:
            case str() if all(isinstance(m, str) for m in made):
                return self.text(made)
            case int() | float():
                return None
            case dict():
                return {name: self.merged([m.get(name) for m in made]) for name in first}
            case list() | tuple() if all(len(m) == len(first) for m in made):
                return type(first)(map(self.merged, zip(*made, strict=True)))
        return first

    def text(self, made: Sequence[str]) -> str:
        """A text whose numbers that differ are written with the name."""
        split = [NUMBER.split(m) for m in made]
        if len({tuple(s[::2]) for s in split}) > 1:
            return made[0]
        places = [self.number(n) if i % 2 else n[0] for i, n in enumerate(zip(*split, strict=True))]
        return "".join(places).replace(f"{self.name}={self.name}", f"{self.name}={UNKNOWN}")

    def number(self, made: Sequence[str]) -> str:
        """`17 * classes + 80`; `?` where it is no such sum."""
        if len(set(made)) == 1:
            return made[0]
        found = [WHOLE.fullmatch(m) for m in made]
        if not all(found):
            return UNKNOWN
        numbers = [int(m[1].replace(",", "")) for m in found if m]
        unit = (found[0] and found[0][2]) or ""
        (x, y, *_), (a, b, *_) = self.counts, numbers
        factor = (a - b) // (x - y)
        rest = a - factor * x
        if any(n != factor * c + rest for n, c in zip(numbers, self.counts, strict=True)):
            return UNKNOWN
        times = self.name if factor == 1 else f"{factor:,} * {self.name}"
        sign = "-" if rest < 0 else "+"
        whole = f"{times} {sign} {abs(rest):,}" if rest else times
        return f"({whole}){unit}" if unit and rest else f"{whole}{unit}"
