"""Between lexer and parser: where statements end, which words are keywords, which brackets lack.

The words that leave here are balanced in brackets and braces whatever the text was, so that an
error in one statement cannot reach into the next. What is missing is put in, what is too much is
left out, and each such repair is reported once; indentation, which has no meaning otherwise, is
used to guess where a bracket was forgotten.
"""

from __future__ import annotations

from dlspec.diagnostics import Diagnostic
from dlspec.diagnostics.brackets import (
    MissingBrace,
    NoDictionary,
    UnclosedBrace,
    UnclosedBracket,
    UnmatchedBracket,
    WrongBracket,
)
from dlspec.diagnostics.text import OtherSpelling, TooDeep
from dlspec.source import Source
from dlspec.syntax.depth import DEEPEST
from dlspec.syntax.scan import Scan, bad_number
from dlspec.syntax.vocabulary import (
    BRACKETS,
    CLOSER,
    CONTINUES,
    ENDS_VALUE,
    FOREIGN_HEADS,
    KEYWORDS,
    NOT_AFTER_KEYWORD,
    OPENER,
    STARTS_VALUE,
    TOP,
    WITH_BODY,
)
from dlspec.syntax.words import Word, after


class _Statement:
    """What the layout knows of the statement that it reads."""

    __slots__ = ("braced", "head", "header", "indent", "keyword", "start")

    def __init__(self, head: Word, indent: int, start: int) -> None:
        self.head = head
        self.indent = indent
        self.start = start  # the index of its first word
        self.keyword = ""  # how it begins
        self.header = ""  # the same, until the keywords of its header are read
        self.braced = False  # whether its body has begun, or cannot come any more


class _Open:
    """A bracket or brace that is open, and the statement that goes on when it closes."""

    __slots__ = ("by_indent", "statement", "word")

    def __init__(self, word: Word, statement: _Statement, by_indent: bool = False) -> None:
        self.word = word
        self.statement = statement
        self.by_indent = by_indent


class Layout:
    """Words for the parser, and `slips`: errors, by the index of the word that they stand at."""

    def __init__(self, source: Source, scan: Scan) -> None:
        self.source = source
        self.raw = scan.words
        self.comments = scan.comments
        self.words: list[Word] = []
        self.slips: list[tuple[int, Diagnostic, bool]] = []
        self._open: list[_Open] = []
        self._statement: _Statement | None = None  # None at the head of a statement
        self._indent = 1  # the column at which the current line begins
        self._suspect: Word | None = None  # a `{` whose `}` the indentation misses
        self._surplus: Word | None = None  # a `}` that the indentation does not explain
        self._read(scan)

    # --- the way through the words ----------------------------------------------------------------

    def _read(self, scan: Scan) -> None:
        found = iter([*scan.found, (len(self.raw) + 1, None, False)])
        index, error, hard = next(found)
        skip_to = 0
        for i, word in enumerate(self.raw):
            if (word.fresh or word.parted) and i >= skip_to:
                self._boundary(i, word)
            while index <= i and error is not None:
                self._slip(error, hard)
                index, error, hard = next(found)
            if i < skip_to:
                continue
            if self._statement is None and word.type != "RBRACE":
                self._begin(i, word)
            elif word.type == "NAME":
                self._name(i, word)
            elif word.type == "MODULO" and self.words[-1].type == "NUMBER" and not word.fresh:
                word.type = "UNIT"
            kind = word.type
            if kind in CLOSER:
                if kind == "LBRACE":
                    skip_to = self._brace(i, word)
                    if skip_to:
                        continue
                self._push(word)
            elif kind in OPENER and not self._pop(i, word):
                if self._statement and self._statement.head is word:
                    self._statement = None
                continue
            elif kind == "EQUAL" and self._statement and not self._inside_brackets():
                self._statement.braced |= self._statement.keyword in ("fn", "block")
            self.words.append(word)
            if len(self._open) > DEEPEST:
                self._slip(TooDeep(word.span, DEEPEST), hard=True)
                self._open_all_closed()
                return
        while index <= len(self.raw) and error is not None:
            self._slip(error, hard)
            index, error, hard = next(found)
        self._end()

    def _boundary(self, i: int, word: Word) -> None:
        """The word begins a line, or stands after a `;`."""
        if word.fresh:
            self._indent = word.column
        if self._inside_brackets():
            if word.parted and self._closed_on_line(i):
                self._slip(OtherSpelling(word.parted, ";", ","), hard=True)
                self._emit("COMMA", ",")
                return
            if not (word.parted or self._certain_head(i, word)):
                return
            self._close_brackets(0)
        if self._statement is None:
            return
        closing = word.type == "ELSE" and self._by_indent(word)
        if word.type in CONTINUES and not word.parted and not closing:
            return
        self._finish(word)
        while self._by_indent(word):
            self._close_brace(word)
        if self._statement is None or word.type in ("RBRACE", "ELSE"):
            return
        self._missing_braces(i, word)
        self._emit("SEP", "")
        self._statement = None

    def _by_indent(self, word: Word) -> bool:
        """Whether the indentation closes a body whose `{` was missing."""
        if not (self._open and self._open[-1].by_indent and word.fresh):
            return False
        indent = self._open[-1].statement.indent
        return word.column <= indent and not (word.type == "RBRACE" and word.column == indent)

    def _begin(self, i: int, word: Word) -> None:
        """A statement begins; its first word may be a keyword."""
        word.head = True
        self._statement = _Statement(word, self._indent, len(self.words))
        if word.type == "IF" or word.type == "FOR":
            self._statement.keyword = word.text
        if word.type != "NAME":
            return
        following = self._raw_type(i + 1)
        if word.text in FOREIGN_HEADS and not self._breaks(i + 1):
            meant = FOREIGN_HEADS[word.text]
            if following == "NAME" or (meant == "output" and following in STARTS_VALUE):
                self._slip(OtherSpelling(word.span, word.text, meant))
                word.text = meant
        if word.text in KEYWORDS and following not in NOT_AFTER_KEYWORD:
            word.type = word.text.upper()
            self._statement.keyword = self._statement.header = word.text

    def _name(self, i: int, word: Word) -> None:
        """A word that may be a unit, or a keyword of a header."""
        assert self._statement is not None
        before = self.words[-1]
        if before.type == "NUMBER" and not word.fresh and self._raw_type(i + 1) != "EQUAL":
            wrong = bad_number(before, word)
            if wrong:
                self._slip(wrong)
            word.type = "UNIT"
            return
        header = self._statement.header
        if not header:
            return
        place = len(self.words) - self._statement.start
        if header == "extern" and place == 1 and word.text in ("fn", "layer", "source"):
            word.type = word.text.upper()
        elif header == "from" and word.text == "import":
            word.type = "IMPORT"
        elif header == "step" and place == 2 and word.text == "updates":
            word.type = "UPDATES"
            return
        elif header == "step" and place > 3 and word.text == "times" and before.type == "NAME":
            word.type = "TIMES"
        else:
            return
        self._statement.header = ""

    def _finish(self, following: Word | None) -> None:
        """The statement ends here, and may lack its `{`."""
        statement = self._statement
        if statement is None or following is None or not following.fresh or not self.words:
            return
        last = self.words[-1]
        colon = last.type == "COLON"
        deeper = following.column > statement.indent and following.type != "RBRACE"
        if not deeper or last.type == "COMMA":
            return
        if statement.keyword not in WITH_BODY or (statement.braced and not colon):
            return
        if colon:
            self.words.pop()
        place = last.span if colon else after(self.source, last)
        self._slip(MissingBrace(place, statement.keyword, colon), hard=True)
        brace = self._emit("LBRACE", "{")
        statement.braced = True
        self._open.append(_Open(brace, statement, by_indent=True))
        self._statement = None

    # --- brackets ---------------------------------------------------------------------------------

    def _push(self, word: Word) -> None:
        statement = self._statement
        assert statement is not None
        self._open.append(_Open(word, statement))
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

    def _brackets(self) -> list[_Open]:
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

    def _certain_head(self, i: int, word: Word) -> bool:
        """Whether a line inside brackets must be a new statement, so that a bracket is missing."""
        if not word.fresh or word.column > self._brackets()[0].statement.indent:
            return False
        if word.type in ("IF", "FOR"):  # braces do not stand in expressions
            return self._braced_line(i)
        following = self._raw_type(i + 1)
        named = word.type == "NAME" and word.text in KEYWORDS
        if named and following in ("NAME", "STRING", "LBRACE"):
            return True
        return self.words[-1].type in ENDS_VALUE and word.type in ("NAME", "NUMBER", "STRING")

    def _braced_line(self, i: int) -> bool:
        """Whether a `{` stands further on in this line."""
        while not self._breaks(i + 1):
            i += 1
            if self.raw[i].type == "LBRACE":
                return True
        return False

    def _closed_on_line(self, i: int) -> bool:
        """Whether the innermost bracket is closed further on in this line."""
        depth = 0
        for j in range(i, len(self.raw)):
            kind = self.raw[j].type
            if self.raw[j].fresh:
                return False
            depth += (kind in CLOSER) - (kind in OPENER)
            if depth < 0:
                return True
        return False

    # --- braces -----------------------------------------------------------------------------------

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

    def _missing_braces(self, i: int, word: Word) -> None:
        """A declaration that begins inside a body, no deeper than that body's own head."""
        if not (self._open and word.fresh and word.text in TOP and word.type == "NAME"):
            return
        if self._raw_type(i + 1) in NOT_AFTER_KEYWORD:
            return
        if word.column > self._open[-1].statement.indent:
            return
        opened = self._suspect or self._open[-1].word
        self._slip(UnclosedBrace(opened.span, word.span))
        self._suspect = None
        while self._open and word.column <= self._open[-1].statement.indent:
            self._close_brace(word)

    def _close_brace(self, word: Word | None) -> None:
        self._statement = self._open.pop().statement
        self._emit("RBRACE", "}")

    def _end(self) -> None:
        """The file ends: whatever is open is closed."""
        self._close_brackets(0)
        self._finish(None)
        unclosed = [o.word for o in self._open if not o.by_indent]
        if unclosed:
            place = self._suspect or unclosed[-1]
            self._slip(UnclosedBrace(place.span, None))
        self._open_all_closed()

    def _open_all_closed(self) -> None:
        while self._open:
            kind = CLOSER[self._open.pop().word.type]
            self._emit(kind, BRACKETS[kind])

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
        return i >= len(self.raw) or self.raw[i].fresh or self.raw[i].parted
