"""Between lexer and parser: where statements end, which words are keywords, which are units."""

from __future__ import annotations

from dlspec.diagnostics.brackets import MissingBrace, UnclosedBrace, WrongBracket
from dlspec.diagnostics.text import OtherSpelling, TooDeep
from dlspec.source import Source
from dlspec.syntax.brackets import Brackets, Open, Statement
from dlspec.syntax.depth import DEEPEST
from dlspec.syntax.scan import Scan, bad_number
from dlspec.syntax.vocabulary import (
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


class Layout(Brackets):
    """The words for the parser, with the ends of statements among them."""

    def __init__(self, source: Source, scan: Scan) -> None:
        super().__init__(source, scan.words)
        self.comments = scan.comments
        self._indent = 1  # the column at which the current line begins
        self._read(scan)

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
            self._closer_of_body(i, word)
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
            self._close_brace()
        if self._statement is None or word.type in ("RBRACE", "ELSE"):
            return
        self._missing_braces(i, word)
        self._emit("SEP", "")
        self._statement = None

    def _begin(self, i: int, word: Word) -> None:
        """A statement begins; its first word may be a keyword."""
        word.head = True
        self._statement = Statement(word, self._indent, len(self.words))
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
        if not deeper or (statement.keyword == "weights" and last.type == "COMMA"):
            return
        section = last is statement.head and last.type == "NAME" and bool(self._open)
        headed = section or statement.keyword in WITH_BODY
        if not headed or (statement.braced and not colon):
            return
        if colon:
            self.words.pop()
        place = last.span if colon else after(self.source, last)
        self._slip(MissingBrace(place, statement.head.text, colon), hard=True)
        brace = self._emit("LBRACE", "{")
        statement.braced = True
        self._open.append(Open(brace, statement, by_indent=True))
        self._statement = None

    def _end(self) -> None:
        """The file ends: whatever is open is closed."""
        self._close_brackets(0)
        self._finish(None)
        unclosed = [o.word for o in self._open if not o.by_indent]
        if unclosed:
            place = self._suspect or unclosed[-1]
            self._slip(UnclosedBrace(place.span, None))
        self._open_all_closed()

    # --- what indentation and line ends tell ------------------------------------------------------

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

    def _closer_of_body(self, i: int, word: Word) -> None:
        """Read a `)` or `]` that stands where the `}` of a body belongs as that `}`."""
        alone = word.type in ("RPAR", "RSQB") and self._breaks(i + 1)
        if not alone or not self._open or self._inside_brackets():
            return
        opened = self._open[-1]
        if word.column == opened.statement.indent:
            self._slip(WrongBracket(word.span, "{", word.text, "}", opened.word.span))
            word.type, word.text = "RBRACE", "}"

    def _by_indent(self, word: Word) -> bool:
        """Whether the indentation closes a body whose `{` was missing."""
        if not (self._open and self._open[-1].by_indent and word.fresh):
            return False
        indent = self._open[-1].statement.indent
        return word.column <= indent and not (word.type == "RBRACE" and word.column == indent)

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
            self._close_brace()
