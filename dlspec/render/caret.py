"""Diagnostics as rustc shows them: the lines in question, with carets and what is to be said."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from dlspec.diagnostics.base import Diagnostic
from dlspec.emit.text import columns
from dlspec.frozen import frozen
from dlspec.render.order import ordered, summary
from dlspec.source import Source, Span

TAB = 4
NEAR = 5  # Lines further apart have `...` between them.
LONGEST = 200  # Longer lines are cut around their carets.

_STYLES = {
    "error": "1;31",
    "warning": "1;33",
    "title": "1",
    "gutter": "1;34",
    "related": "1;34",
    "help": "1;36",
}


def caret(
    diagnostics: Iterable[Diagnostic], *, color: bool = False, width: int | None = None
) -> str:
    """The text of all diagnostics and a line that counts them; empty where there are none.

    `width` is the number of columns that a line of source may take.
    """
    shown = ordered(diagnostics)
    painter = _Painter(color)
    parts = ["\n".join(_lines(d, painter, width or LONGEST)) for d in shown]
    return "\n\n".join([*parts, summary(shown)]) if shown else ""


@frozen
class _Painter:
    on: bool

    def __call__(self, style: str, text: str) -> str:
        return f"\x1b[{_STYLES[style]}m{text}\x1b[0m" if self.on and text else text


@frozen
class _Mark:
    """Characters of one line to be underlined, and what to write beside them."""

    line: int
    start: int
    end: int
    text: str
    primary: bool


def _lines(d: Diagnostic, paint: _Painter, width: int) -> Iterator[str]:
    yield paint(d.severity, f"{d.severity}[{d.code}]") + paint("title", f": {_plain(d.title)}")
    places = _places(d)
    marks = [mark for _, found in places for mark in found]
    gutter = max((len(str(mark.line)) for mark in marks), default=1)
    bar = paint("gutter", f"{' ' * gutter} |")
    for i, (span, found) in enumerate(places):
        arrow = "-->" if i == 0 else ":::"
        yield paint("gutter", " " * gutter + arrow) + f" {_plain(str(span))}"
        yield bar
        yield from _snippet(span.source, found, d.severity, gutter, paint, width)
    said = [_plain(note, keep="\n") for note in d.notes]
    if places and (said or d.help):
        yield bar
    if d.help:
        said.append(paint("help", "help") + ": " + _plain(d.help, keep="\n"))
    for text in said:
        yield paint("gutter", f"{' ' * gutter} =") + " " + _hanging(text, gutter + 3)


def _places(d: Diagnostic) -> list[tuple[Span, list[_Mark]]]:
    """For each file, that of the error first: the place to name, and what to underline there."""
    if d.span is None:
        return []
    found = {id(d.span.source): (d.span, [_mark(d.span, d.label, primary=True)])}
    for label in d.related:
        _, marks = found.setdefault(id(label.span.source), (label.span, []))
        marks.append(_mark(label.span, label.text, primary=False))
    return list(found.values())


def _mark(span: Span, text: str, primary: bool) -> _Mark:
    """What lies on the first line of a span; a caret where that is nothing."""
    line, column = span.source.position(span.start)
    rest = len(span.source.line(line)) - (column - 1)
    length = max(0, min(span.end - span.start, rest))
    return _Mark(line, column - 1, column - 1 + length, text, primary)


def _snippet(
    source: Source, marks: list[_Mark], severity: str, gutter: int, paint: _Painter, width: int
) -> Iterator[str]:
    before = None
    for line in sorted({mark.line for mark in marks}):
        if before is not None and line - before > NEAR:
            yield paint("gutter", "...")
        before = line
        text = source.line(line)
        here = sorted(
            (mark for mark in marks if mark.line == line), key=lambda m: (not m.primary, m.start)
        )
        view = _View.of(text, here[0].start, width)
        yield (paint("gutter", f"{line:>{gutter}} |") + f" {view.text}").rstrip()
        for mark in here:
            start, length = view.place(text, mark)
            style, sign = (severity, "^") if mark.primary else ("related", "-")
            label = _hanging(_plain(mark.text, keep="\n"), gutter + 3 + start + length + 1)
            under = f"{sign * length} {label}".rstrip()
            yield paint("gutter", f"{' ' * gutter} |") + " " * (start + 1) + paint(style, under)


@frozen
class _View:
    """The part of a line that is shown, and the column at which it begins."""

    text: str
    left: int
    right: int

    @classmethod
    def of(cls, line: str, start: int, width: int) -> _View:
        whole = _plain(line, keep="\t")
        if columns(whole) <= width:
            return cls(whole, 0, columns(whole) + 1)
        left = max(0, columns(_plain(line[:start], keep="\t")) - width // 3)
        text, column = "", 0
        for char in whole:
            if left <= column and columns(text) < width:
                text += char
            column += columns(char)
        lead = "..." if left else ""
        return cls(lead + text + "...", left - len(lead), left + columns(text))

    def place(self, line: str, mark: _Mark) -> tuple[int, int]:
        """Where to begin to underline, and how many columns."""
        start = columns(_plain(line[: mark.start], keep="\t"))
        end = columns(_plain(line[: mark.end], keep="\t"))
        start = min(max(start, self.left), self.right)
        return start - self.left, max(1, min(end, self.right) - start)


def _plain(text: str, keep: str = "") -> str:
    """Text with nothing in it that could steer a terminal, and tabs as spaces."""
    if text.isprintable():
        return text
    found = ""
    for char in text:
        if char == "\t" and char in keep:
            found += " " * (TAB - columns(found) % TAB)
        elif char == "\n" and char in keep:
            found += char
        else:
            found += char if char.isprintable() else "\N{REPLACEMENT CHARACTER}"
    return found


def _hanging(text: str, indent: int) -> str:
    """Text whose further lines are indented like the first."""
    return text.replace("\n", "\n" + " " * indent)
