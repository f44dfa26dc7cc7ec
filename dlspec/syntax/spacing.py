"""The space between two words of a line, as the formatter sets it."""

from __future__ import annotations

from collections.abc import Sequence

from dlspec.syntax.vocabulary import CLOSER, ENDS_VALUE, OPENER
from dlspec.syntax.words import Word

TIGHT_AFTER = frozenset({"LPAR", "LSQB", "DOT"})
TIGHT_BEFORE = frozenset({"RPAR", "RSQB", "COMMA", "DOT"})
SIGNED = frozenset({"MODEL", "BLOCK", "FN", "EXTERN"})


def gaps(words: Sequence[Word]) -> dict[int, str]:
    """What stands before each word of a statement, by the word's offset in the text."""
    found: dict[int, str] = {}
    inside: list[str] = []  # what encloses the word: "call", "signature" or "square"
    before: Word | None = None
    unary = False  # whether the word before is a sign
    signed = words[0].type in SIGNED
    pattern = words[0].type == "WEIGHTS"
    for i, word in enumerate(words):
        around = inside[-1] if inside else ""
        following = words[i + 1] if i + 1 < len(words) else None
        if before is not None:
            tight = unary or _tight(before, word, around, pattern)
            tight = tight or (around == "square" and _close(before, word, following))
            found[word.span.start] = "" if tight else " "
        unary = word.type == "MINUS" and (before is None or before.type not in ENDS_VALUE)
        if word.type == "LPAR":
            inside.append("signature" if signed else "call")
            signed = False
        elif word.type == "LSQB":
            inside.append("square")
        elif word.type in OPENER and inside:
            inside.pop()
        elif word.type in ("LBRACE", "EQUAL"):
            pattern = signed = False
        before = word
    return found


def _tight(before: Word, word: Word, around: str, pattern: bool) -> bool:
    """Whether two words touch each other."""
    if before.type in TIGHT_AFTER or word.type in TIGHT_BEFORE:
        return True
    if around == "call" and "EQUAL" in (before.type, word.type):
        return True
    if word.type in CLOSER and word.type != "LBRACE":
        return before.type in ENDS_VALUE or (pattern and before.type == "STAR")
    if around == "square" and "COLON" in (before.type, word.type):
        return before.type != "COMMA"
    return word.type == "COLON"


def _close(before: Word, word: Word, following: Word | None) -> bool:
    """Whether a product is written close in a list, as in `[H*W, C]`: it stays so."""
    if word.type == "STAR":
        touches = following is not None and following.span.start == word.span.end
        return touches and before.span.end == word.span.start
    return before.type == "STAR" and before.span.end == word.span.start and _led(before)


def _led(star: Word) -> bool:
    """Whether the star touches what stands before it."""
    text = star.span.source.text
    return not text[star.span.start - 1].isspace()
