"""The first look at a text: words, comments, values of numbers and strings, repairs of slips.

What people write in other languages, or what word processors make of a spec, is read as what it
stands for, and reported, so that one slip is one error.
"""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING

from dlspec.diagnostics import Diagnostic
from dlspec.diagnostics.text import (
    BadCharacter,
    BadEscape,
    BadNumber,
    NotAscii,
    NoUpdate,
    NumberTooLarge,
    OtherQuotes,
    OtherSpelling,
    UnclosedString,
)
from dlspec.source import Source, Span
from dlspec.syntax.vocabulary import SLIPS, UPDATES
from dlspec.syntax.words import Comment, Word

if TYPE_CHECKING:
    from collections.abc import Iterable

    from lark import Token

LARGEST = 2**63 - 1
BLANK = " \t\f\r\u00a0\ufeff"
ESCAPE = re.compile(r'\\(?:u[0-9a-fA-F]{4}|["\\nt])')
PLAIN = {r"\"": '"', r"\\": "\\", r"\n": "\n", r"\t": "\t"}


class Scan:
    """The words and comments of a text, with `found`: errors by the word that they belong to.

    An error is *hard* if what follows it in its statement cannot be trusted.
    """

    def __init__(self, source: Source, tokens: Iterable[Token]) -> None:
        self.source = source
        self.words: list[Word] = []
        self.comments: list[Comment] = []
        self.found: list[tuple[int, Diagnostic, bool]] = []
        self._read(tokens)

    def _read(self, tokens: Iterable[Token]) -> None:
        source, words = self.source, self.words
        fresh: bool = True
        parted: Span | None = None
        doc: list[str] = []
        doc_line = 0
        for token in tokens:
            kind = token.type
            if kind == "LINE":
                fresh = True
                continue
            start, line = token.start_pos, token.line
            assert start is not None and line is not None and token.column is not None
            text = str(token)
            if kind == "COMMENT":
                known = len(self.comments)
                self._comment(text, start, line, fresh)
                for comment in self.comments[known:]:
                    if comment.own_line and comment.text.startswith("##"):
                        if comment.line != doc_line + 1:
                            doc = []
                        doc.append(comment.text[2:].strip())
                        doc_line = comment.line
                fresh = self.comments[-1].own_line
                continue
            span = Span(source, start, start + len(text))
            if kind == "SEMICOLON":
                parted = span
                continue
            word = Word(kind, text, span, line, token.column)
            word.fresh, word.parted = fresh, parted
            if fresh and line == doc_line + 1:
                word.doc = "\n".join(doc)
            if kind == "NUMBER":
                self._number(word)
            elif kind == "STRING":
                word.value = self._string(word)
            elif kind in REPAIRS and not REPAIRS[kind](self, word):
                continue
            elif text == "elif" and words and words[-1].type == "RBRACE":
                self._elif(word)
            fresh, parted = False, None
            words.append(word)

    def _comment(self, text: str, start: int, line: int, fresh: bool) -> None:
        """A comment and those that have the lines below it for themselves."""
        for part in text.split("\n"):
            written = part.lstrip(BLANK)
            if written:
                at = start + len(part) - len(written)
                span = Span(self.source, at, at + len(written.rstrip("\r")))
                self.comments.append(Comment(written.rstrip(), span, line, fresh))
            start, line, fresh = start + len(part) + 1, line + 1, True

    def report(self, error: Diagnostic, hard: bool = False) -> None:
        """An error at the word that comes next."""
        self.found.append((len(self.words), error, hard))

    # --- numbers and strings ----------------------------------------------------------------------

    def _number(self, word: Word) -> None:
        text = word.text.replace("_", "")
        whole = text.isdigit()
        word.value = 0
        if whole and len(text) > 30:
            text = text.lstrip("0") or "0"
        value = int(text) if whole and len(text) <= 30 else float(text)
        if value > (LARGEST if whole else 1.7976931348623157e308):
            self.report(NumberTooLarge(word.span))
        else:
            word.value = value

    def _string(self, word: Word) -> str:
        text = word.text[1:-1]
        if "\\" not in text:
            return text
        return re.sub(r"\\(?:u[0-9a-fA-F]{4}|.)", lambda m: self._escape(word, m), text)

    def _escape(self, word: Word, match: re.Match[str]) -> str:
        escape = match[0]
        if escape in PLAIN:
            return PLAIN[escape]
        if len(escape) == 6 and not 0xD800 <= int(escape[2:], 16) < 0xE000:
            return chr(int(escape[2:], 16))
        start = word.span.start + 1 + match.start()
        self.report(BadEscape(Span(self.source, start, start + len(escape)), escape))
        return escape

    # --- repairs: whether the word is kept --------------------------------------------------------

    def _foreign(self, word: Word) -> bool:
        if word.text in UPDATES:
            target = self.words[-1].text if self.words else ""
            self.report(NoUpdate(word.span, word.text, target))
            word.type, word.text = "EQUAL", "="
            return True
        kind, write = SLIPS[word.text]
        self.report(OtherSpelling(word.span, word.text, write))
        word.type, word.text = kind, write
        return True

    def _quoted(self, word: Word) -> bool:
        if word.text[0] == '"':
            self.report(UnclosedString(word.span), hard=True)
            word.type, word.value = "STRING", word.text[1:]
            return True
        word.value = word.text[1:-1]
        escaped = word.value.replace('"', r"\"")
        self.report(OtherQuotes(word.span, f'"{escaped}"'))
        word.type = "STRING"
        return True

    def _elif(self, word: Word) -> None:
        self.report(OtherSpelling(word.span, "elif", "else if"))
        other = Word("ELSE", "else", word.span, word.line, word.column)
        other.fresh = word.fresh
        self.words.append(other)
        word.type, word.text, word.fresh = "IF", "if", False

    def _word(self, word: Word) -> bool:
        self.report(NotAscii(word.span, word.text, plain_name(word.text)))
        word.type = "NAME"
        return True

    def _bad(self, word: Word) -> bool:
        if not self.found or self.found[-1][0] != len(self.words):
            self.report(BadCharacter(word.span, word.text), hard=True)
        return False


REPAIRS = {
    "FOREIGN": Scan._foreign,
    "QUOTED": Scan._quoted,
    "WORD": Scan._word,
    "BAD": Scan._bad,
}


def bad_number(number: Word, unit: Word) -> BadNumber | None:
    """Whether a number and the word that touches it were meant as one number."""
    if number.span.end != unit.span.start:
        return None
    text = number.text + unit.text
    span = number.span.to(unit.span)
    if number.text == "0" and unit.text[0] in "xXbBoO":
        try:
            return BadNumber(span, text, str(int(text, 0)))
        except ValueError:
            return BadNumber(span, text)
    return BadNumber(span, text) if unit.text[0] == "_" else None


def plain_name(name: str) -> str:
    """An ASCII name near to one in other letters: `größe` is `grosse`, `µ` is `mu`."""
    letters = []
    for letter in name.replace("ß", "ss"):
        plain = unicodedata.normalize("NFKD", letter)
        plain = "".join(p for p in plain if p.isascii())
        if not plain and unicodedata.name(letter, "").startswith("GREEK SMALL LETTER"):
            plain = unicodedata.name(letter).split()[3].lower()
        letters.append(plain)
    result = "".join(letters)
    return result if all(letters) and result.isidentifier() else ""
