"""Lines of formatted text: what is put below each other in them, and where they are broken."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import groupby, pairwise

WIDTH = 120
SPREAD = 20  # what lies further apart than this is not aligned
GAP = 2  # the least space before a comment


@dataclass(slots=True)
class Line:
    """A line before it is broken; `hang` is the indentation of what breaking puts on new lines.

    A line inside brackets is indented from the one with the bracket, `under`, by `step`.
    """

    indent: int
    text: str = ""
    comment: str = ""
    column: int = 0  # where its author put the comment
    hang: int = 0
    under: Line | None = None
    step: int = 0
    arrows: list[int] = field(default_factory=list)  # where it may be broken
    blank: bool = False  # whether a blank line stands before it
    remark: bool = False  # whether it is a comment

    @property
    def width(self) -> int:
        return self.indent + len(self.text)


def runs(places: list[int]) -> Iterator[tuple[int, int]]:
    """The stretches of neighbours that are not too far apart, as start and end."""
    start = low = high = 0
    for i, place in enumerate(places):
        low, high = (min(low, place), max(high, place)) if i > start else (place, place)
        if high - low > SPREAD:
            yield start, i
            start, low, high = i, place, place
    yield start, len(places)


def align_equal(rows: list[tuple[Line, int]]) -> None:
    """Put the `=` of neighbouring lines below each other."""
    for start, end in runs([equal for _, equal in rows]):
        column = max((equal for _, equal in rows[start:end]), default=0)
        for line, equal in rows[start:end]:
            line.text = line.text[:equal] + " " * (column - equal) + line.text[equal:]
            line.arrows = [a + column - equal for a in line.arrows]


def broken(lines: list[Line]) -> list[Line]:
    """The lines, broken before `->` where they are too long."""
    pieces: list[Line] = []
    for line in lines:
        if line.under is not None:
            line.indent = line.under.indent + line.step
        if line.width > WIDTH and line.arrows:
            pieces.extend(_pieces(line))
            # What a bracket holds goes on from the last piece: it is open there, not before.
            line.indent = pieces[-1].indent
        else:
            pieces.append(line)
    return pieces


def _pieces(line: Line) -> list[Line]:
    ends = [*line.arrows, len(line.text)]
    pieces: list[Line] = []
    start, indent = 0, line.indent
    for end, after in zip(ends, [*ends[1:], None], strict=True):
        if after is None or indent + after - start > WIDTH:
            arrows = [a - start for a in line.arrows if start <= a < end]
            pieces.append(Line(indent, line.text[start:end].strip(), arrows=arrows))
            start, indent = end + 1, line.hang
    pieces[0].blank = line.blank
    pieces[-1].comment = line.comment
    return pieces


def align_chains(lines: list[Line]) -> None:
    """Put the `->` of neighbouring lines of a chain below each other, behind stages of one kind."""
    for kind, group in groupby(lines, _first_kind):
        if kind is None:
            continue
        rows = list(group)
        for start, end in runs([row.arrows[0] for row in rows]):
            _align_stages(rows[start:end])


def _first_kind(line: Line) -> tuple[str, int] | None:
    """What its first stage is and where it stands, if it goes on a chain by several stages."""
    kind = _kind(line.text) if line.arrows else ""
    return (kind, line.indent) if kind else None


def _kind(stage: str) -> str:
    """`Conv2D` of `-> Conv2D(8, 3) * 2`; nothing of what has no name."""
    found = re.match(r"-> ([\w.]+)", stage)
    return found[1] if found else ""


def _align_stages(rows: list[Line]) -> None:
    cells = [
        [row.text[a:b].strip() for a, b in pairwise([0, *row.arrows, len(row.text)])]
        for row in rows
    ]
    for k in range(min(map(len, cells)) - 1):
        column = [stages[k] for stages in cells]
        kinds, widths = {_kind(stage) for stage in column}, [len(stage) for stage in column]
        if len(kinds) > 1 or "" in kinds or max(widths) - min(widths) > SPREAD:
            break
        for stages in cells:
            stages[k] = stages[k].ljust(max(widths))
    texts = [" ".join(stages) for stages in cells]
    if all(row.indent + len(text) <= WIDTH for row, text in zip(rows, texts, strict=True)):
        for row, text in zip(rows, texts, strict=True):
            row.text = text


def align_comments(lines: list[Line]) -> None:
    """Put the comments behind neighbouring lines below each other, where one of them stands."""
    stretch: list[Line] = []
    for line in [*lines, Line(0)]:
        if line.comment and not line.blank:
            stretch.append(line)
            continue
        for start, end in runs([one.width for one in stretch]):
            column = max((_column(one) for one in stretch[start:end]), default=0)
            for one in stretch[start:end]:
                one.comment = " " * (column - one.width) + one.comment
        stretch = [line] if line.comment else []


def _column(line: Line) -> int:
    """Where the comment of a line stands: where it stood, if there is room."""
    least = line.width + GAP
    return max(least, line.column) if line.column <= WIDTH else least


def align_rows(rows: list[tuple[Line, list[str], str]]) -> None:
    """Put the items of neighbouring tuples below each other, numbers to the right.

    A row is its line, the texts of its items, and what stands behind them.
    """
    count = len(rows[0][1]) if rows else 0
    if len(rows) < 2 or any(len(cells) != count for _, cells, _ in rows):
        return
    columns = list(zip(*(cells for _, cells, _ in rows), strict=True))
    widths = [max(map(len, column)) for column in columns]
    numeric = [all(cell[0] in "-.0123456789" for cell in column) for column in columns]
    for line, cells, rest in rows:
        text = "("
        for k, cell in enumerate(cells):
            text += cell.rjust(widths[k]) if numeric[k] else cell
            if k < count - 1:
                text += ", " if numeric[k] else ", " + " " * (widths[k] - len(cell))
        longer = len(text) + len(rest) - len(line.text)
        line.arrows = [a + longer for a in line.arrows]
        line.text = text + rest
