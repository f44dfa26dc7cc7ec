"""Where the parser stopped, with what stands around: what the rules of `mistakes` look at."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from dlspec.source import Span
from dlspec.syntax import tables
from dlspec.syntax.vocabulary import CLOSER, KEYWORDS, OPENER
from dlspec.syntax.words import Word

if TYPE_CHECKING:
    from lark.parsers.lalr_parser_state import ParserState

ENDS_STATEMENT = ("SEP", "RBRACE", "$END")
HEADS = frozenset(word.upper() for word in KEYWORDS) | {"IF", "FOR"}
NOTHING = Word("", "", Span(None, 0, 0))  # type: ignore[arg-type]


class Place:
    """Where the parser stopped, and what stands around."""

    def __init__(self, words: list[Word], i: int, head: int, state: ParserState[int]) -> None:
        self.words = words
        self.i = i
        self.head = head
        self.state = state
        self.word = words[i]
        self.before = words[i - 1] if i > head else NOTHING
        self.following = words[i + 1] if i + 1 < len(words) else NOTHING

    @cached_property
    def accepts(self) -> set[str]:
        """The terminals that could stand here."""
        interactive = tables.parser().parse_interactive()
        interactive.parser_state = self.state
        accepted: set[str] = interactive.accepts()  # type: ignore[no-untyped-call]
        return accepted

    @cached_property
    def keyword(self) -> str:
        """The keyword with which the statement begins, if it begins with one."""
        first = self.words[self.head]
        return "" if first.type == "NAME" or first.type not in HEADS else first.text

    @cached_property
    def opener(self) -> int:
        """The index of the innermost bracket that is open here, or -1."""
        depth = 0
        for j in range(self.i - 1, self.head - 1, -1):
            kind = self.words[j].type
            if kind in OPENER:
                depth += 1
            elif kind in CLOSER:
                if depth == 0:
                    return -1 if kind == "LBRACE" else j
                depth -= 1
        return -1

    @cached_property
    def level(self) -> list[int]:
        """The indices of the words before this one, in the same brackets, nearest first."""
        found, depth = [], 0
        for j in range(self.i - 1, max(self.opener, self.head - 1), -1):
            kind = self.words[j].type
            if kind in OPENER:
                depth += 1
            elif kind in CLOSER:
                depth -= 1
            if depth == 0 and kind not in ("LBRACE", "RBRACE"):
                found.append(j)
        return found

    def back_to(self, *kinds: str, stop: tuple[str, ...] = ()) -> int:
        """The index of the nearest word of a kind before this one, in the same brackets, or -1."""
        for j in self.level:
            kind = self.words[j].type
            if kind in kinds:
                return j
            if kind in stop:
                return -1
        return -1

    def text(self, first: int, last: int) -> Span:
        return self.words[first].span.to(self.words[last].span)
