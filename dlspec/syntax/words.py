"""Words: what the lexer reads, with what the layout and the formatter need to know of each."""

from __future__ import annotations

from typing import Any

from dlspec.source import Source, Span


class Word:
    """A token on its way to the parser, which looks at `type` only.

    `fresh` says that it is the first on its line, `parted` is the `;` before it, `head`
    that a statement begins with it. `value` is that of a number or a string; `doc` the
    documentation above it.
    """

    __slots__ = (
        "column",
        "doc",
        "fresh",
        "head",
        "line",
        "parted",
        "span",
        "text",
        "type",
        "value",
    )

    def __init__(self, type: str, text: str, span: Span, line: int = 0, column: int = 0) -> None:
        self.type = type
        self.text = text
        self.span = span
        self.line = line
        self.column = column
        self.fresh = False
        self.parted: Span | None = None
        self.head = False
        self.value: Any = None
        self.doc = ""

    def __repr__(self) -> str:
        return f"{self.type}({self.text!r})"


class Comment:
    """A comment: its text from `#` on, and whether it has its line for itself."""

    __slots__ = ("line", "own_line", "span", "text")

    def __init__(self, text: str, span: Span, line: int, own_line: bool) -> None:
        self.text = text
        self.span = span
        self.line = line
        self.own_line = own_line


def after(source: Source, word: Word | None) -> Span:
    """The empty place behind a word, or at the start of the file."""
    end = word.span.end if word else 0
    return Span(source, end, end)
