"""Brackets and braces: which are open, and what to do where one lacks or is too many.

The words that leave here are balanced whatever the text was, so that an error in one statement
cannot reach into the next. What is missing is put in, what is too much is left out, and each such
repair is reported once; indentation, which has no meaning otherwise, tells where a brace was
forgotten.
"""

from __future__ import annotations

from dlspec.diagnostics import Diagnostic
from dlspec.diagnostics.brackets import (
    NoDictionary,
    UnclosedBracket,
    UnmatchedBracket,
    WrongBracket,
)
from dlspec.source import Source
from dlspec.syntax.vocabulary import BRACKETS, CLOSER, ENDS_VALUE, OPENER, WITH_BODY
from dlspec.syntax.words import Word, after


class Statement:
    """What the layout knows of the statement that it reads."""

    __slots__ = ("braced", "head", "header", "indent", "keyword", "start")

    def __init__(self, head: Word, indent: int, start: int) -> None:
        self.head = head
        self.indent = indent
        self.start = start  # the index of its first word
        self.keyword = ""  # how it begins
        self.header = ""  # the same, until the keywords of its header are read
        self.braced = False  # whether its body has begun, or cannot come any more


class Open:
    """A bracket or brace that is open, and the statement that goes on when it closes."""

    __slots__ = ("by_indent", "statement", "word")

    def __init__(self, word: Word, statement: Statement, by_indent: bool = False) -> None:
        self.word = word
        self.statement = statement
        self.by_indent = by_indent


class Brackets:
    """The words so far, and `slips`: errors, by the index of the word that they stand at."""

    def __init__(self, source: Source, raw: list[Word]) -> None:
        self.source = source
        self.raw = raw
        self.words: list[Word] = []
        self.slips: list[tuple[int, Diagnostic, bool]] = []
        self._open: list[Open] = []
        self._statement: Statement | None = None  # None at the head of a statement
        self._suspect: Word | None = None  # a `{` whose `}` the indentation misses
        self._surplus: Word | None = None  # a `}` that the indentation does not explain

    def _push(self, word: Word) -> None:
        statement = self._statement
        assert statement is not None
        self._open.append(Open(word, statement))
        if word.type == "LBRACE":
            statement.braced = True
            self._statement = None

    def _pop(self, i: int, word: Word) -> bool:
        """Close what the word closes; False where it closes nothing."""
        if word.type == "RBRACE":
            return self._pop_brace(i, word)
        inside = self._brackets()
        kinds = [o.word.type for o in inside]
        opener = OPENER[word.type]
        if not inside:
            self._slip(UnmatchedBracket(word.span, word.text), hard=True)
            return False
        if kinds[-1] == opener:
            self._open.pop()
        elif opener in kinds:
            while self._open[-1].word.type != opener:
                self._close_brackets(len(self._brackets()) - 1)
            self._open.pop()
        else:
            self._wrong_closer(word)
        return True

    def _pop_brace(self, i: int, word: Word) -> bool:
        bodies = [o for o in self._open if o.word.type == "LBRACE"]
        one_line = bool(bodies) and bodies[-1].word.line == word.line
        if self._inside_brackets():
            if not word.fresh and not one_line:
                self._wrong_closer(word)
                return True
            self._close_brackets(0)
        ends = word.fresh or one_line or self._breaks(i + 1)
        if not self._open or not (ends or self._raw_type(i + 1) in ("ELSE", "RBRACE")):
            surplus = self._surplus or word
            self._slip(UnmatchedBracket(surplus.span, "}"), hard=True)
            return False
        opened = self._open.pop()
        self._statement = opened.statement
        if word.fresh and word.column < opened.statement.indent:
            self._suspect = self._suspect or opened.word
        elif word.fresh and word.column > opened.statement.indent:
            self._surplus = self._surplus or word
        return True

    def _wrong_closer(self, word: Word) -> None:
        """The innermost bracket is closed by a bracket of another kind."""
        place = self._open.pop().word
        expected = BRACKETS[CLOSER[place.type]]
        self._slip(WrongBracket(word.span, place.text, word.text, expected, place.span), hard=True)
        word.type, word.text = CLOSER[place.type], expected

    def _inside_brackets(self) -> bool:
        return bool(self._open) and self._open[-1].word.type != "LBRACE"

    def _brackets(self) -> list[Open]:
        """The brackets that are open in this statement, outermost first."""
        first = len(self._open)
        while first and self._open[first - 1].word.type != "LBRACE":
            first -= 1
        return self._open[first:]

    def _close_brackets(self, keep: int) -> None:
        """Put in what closes the brackets of this statement but the first `keep`."""
        inside = self._brackets()[keep:]
        end = after(self.source, self.words[-1] if self.words else None)
        for n, opened in enumerate(reversed(inside)):
            self._open.pop()
            closer = CLOSER[opened.word.type]
            if n == 0:
                bracket = opened.word.text
                self._slip(UnclosedBracket(opened.word.span, bracket, BRACKETS[closer], end), True)
            self._emit(closer, BRACKETS[closer])

    def _close_brace(self) -> None:
        self._statement = self._open.pop().statement
        self._emit("RBRACE", "}")

    def _open_all_closed(self) -> None:
        while self._open:
            kind = CLOSER[self._open.pop().word.type]
            self._emit(kind, BRACKETS[kind])

    # --- braces that begin no body ----------------------------------------------------------------

    def _brace(self, i: int, word: Word) -> int:
        """A `{`: 0 if it begins a body, else where to go on after what it was meant for."""
        before = self.words[-1].type if self.words else ""
        if self._statement and self._statement.head is word:
            if before != "LBRACE" or word.fresh:
                return 0
            self._slip(UnmatchedBracket(word.span, "{"), hard=True)
            self._statement = None
            return i + 1
        if self._inside_brackets():
            if before not in ENDS_VALUE:
                return self._dictionary(i, word)
            self._close_brackets(0)
        keyword = self._statement.keyword if self._statement else ""
        if before == "EQUAL" and keyword not in WITH_BODY:
            return self._dictionary(i, word)
        return 0

    def _dictionary(self, i: int, word: Word) -> int:
        """Put a value in the place of a dictionary, or leave out a `{` that stands alone."""
        depth, brackets = 0, 0
        for j in range(i, len(self.raw)):
            kind = self.raw[j].type
            if kind in ("LBRACE", "RBRACE"):
                depth += 1 if kind == "LBRACE" else -1
            else:
                brackets += (kind in CLOSER) - (kind in OPENER)
            if depth == 0:
                self._slip(NoDictionary(word.span))
                self._emit("NONE", "none")
                return j + 1
            if brackets < 0:
                break
        self._slip(NoDictionary(word.span), hard=True)
        return i + 1

    # --- small things -----------------------------------------------------------------------------

    def _slip(self, error: Diagnostic, hard: bool = False) -> None:
        self.slips.append((len(self.words), error, hard))

    def _emit(self, kind: str, text: str) -> Word:
        word = Word(kind, text, after(self.source, self.words[-1] if self.words else None))
        self.words.append(word)
        return word

    def _raw_type(self, i: int) -> str:
        return self.raw[i].type if i < len(self.raw) else ""

    def _breaks(self, i: int) -> bool:
        """Whether a line or a statement ends before the word."""
        return i >= len(self.raw) or self.raw[i].fresh or self.raw[i].parted is not None
