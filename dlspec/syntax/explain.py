"""Why a word cannot stand where it stands, in the words of people."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dlspec.diagnostics import Diagnostic
from dlspec.diagnostics.syntax import Unexpected
from dlspec.syntax.words import Word

if TYPE_CHECKING:
    from lark.parsers.lalr_parser_state import ParserState


def explain(words: list[Word], i: int, head: int, state: ParserState[int]) -> Diagnostic:
    """The error of the word `i`, in the statement that begins at `head`."""
    word = words[i]
    found = f"`{word.text}`" if word.text else "the end of the statement"
    return Unexpected(word.span, found, "something else")
