"""Lines of formatted text: what is put below each other in them, and where they are broken."""

from __future__ import annotations

from dataclasses import dataclass, field

WIDTH = 100
SPREAD = 20  # what lies further apart than this is not aligned


@dataclass(slots=True)
class Line:
    indent: int
    text: str = ""
    comment: str = ""
    arrows: list[int] = field(default_factory=list)  # where it may be broken
    deeper: int = 0  # by how much the lines that breaking makes are indented
    blank: bool = False  # whether a blank line stands before it

    @property
    def width(self) -> int:
        return self.indent + len(self.text)


def near(run: list[tuple[Line, int]], equal: int) -> bool:
    places = [e for _, e in run] + [equal]
    return max(places) - min(places) <= SPREAD


def align_equal(run: list[tuple[Line, int]]) -> None:
    """Put the `=` of neighbouring lines below each other."""
    if len(run) < 2:
        return
    column = max(equal for _, equal in run)
    for line, equal in run:
        line.text = line.text[:equal] + " " * (column - equal) + line.text[equal:]
        line.arrows = [a + column - equal for a in line.arrows]


def broken(line: Line) -> list[Line]:
    """The line, broken before `->` where it is too long."""
    if line.width <= WIDTH or not line.arrows:
        return [line]
    ends = [*line.arrows, len(line.text)]
    pieces: list[Line] = []
    start, indent = 0, line.indent
    for end, after in zip(ends, [*ends[1:], None], strict=True):
        longer = after is not None and indent + after - start > WIDTH
        if after is None or longer:
            pieces.append(Line(indent, line.text[start:end].strip()))
            start, indent = end + 1, line.indent + line.deeper
    pieces[0].blank = line.blank
    pieces[-1].comment = line.comment
    return pieces


def align_comments(lines: list[Line]) -> None:
    """Put the comments behind neighbouring lines below each other."""
    run: list[Line] = []
    for line in [*lines, Line(0)]:
        widths = [one.width for one in [*run, line]]
        if line.comment and not line.blank and max(widths) - min(widths) <= SPREAD:
            run.append(line)
            continue
        column = max((one.width for one in run), default=0)
        for one in run:
            one.comment = " " * (column - one.width) + one.comment
        run = [line] if line.comment else []


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
    texts = []
    for line, cells, rest in rows:
        text = "("
        for k, cell in enumerate(cells):
            text += cell.rjust(widths[k]) if numeric[k] else cell
            if k < count - 1:
                text += ", " if numeric[k] else ", " + " " * (widths[k] - len(cell))
        texts.append(text + rest)
        if line.indent + len(texts[-1]) > WIDTH:
            return
    for (line, _, _), text in zip(rows, texts, strict=True):
        line.text = text
