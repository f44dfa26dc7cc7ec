"""Why a word cannot stand where it stands, in the words of people.

The parser only knows which words could come next. The rules of `mistakes` look at what was
written; what none of them knows is told by what could come next.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from dlspec.diagnostics import Diagnostic
from dlspec.diagnostics.syntax import Unexpected
from dlspec.source import Span
from dlspec.syntax.mistakes import RULES
from dlspec.syntax.place import Place
from dlspec.syntax.vocabulary import KEYWORDS
from dlspec.syntax.words import Word

if TYPE_CHECKING:
    from lark.parsers.lalr_parser_state import ParserState


def explain(words: list[Word], i: int, head: int, state: ParserState[int]) -> Diagnostic:
    """The error of the word `i`, in the statement that begins at `head`."""
    place = Place(words, i, head, state)
    for rule in RULES:
        error = rule(place)
        if error is not None:
            return error
    return unexpected(place)


def unexpected(p: Place) -> Diagnostic:
    word = p.word
    found = {"SEP": "the end of the line", "$END": "the end of the file"}.get(word.type)
    if word.type == "SEP" and p.following.parted:
        found = "`;`"
    span = word.span
    if not word.text and p.before.line:
        span = Span(span.source, p.before.span.end, p.before.span.end)
    return Unexpected(span, found or f"`{word.text}`", expected(p))


def expected(p: Place) -> str:
    """What could stand here, in words."""
    accepts, before = p.accepts, p.before
    if p.i == p.head:
        return "a statement"
    if "NUMBER" in accepts:
        after = {"ARROW": "a layer after `->`", "EQUAL": "a value after `=`"}
        return after.get(
            before.type, f"a value after `{before.text}`" if before.text else "a value"
        )
    if "NAME" in accepts and before.type == "COLON":
        return "a type"
    if accepts == {"NAME"} or ("NAME" in accepts and before.text in KEYWORDS):
        return "a name" if p.i > p.head + 1 else f"a name after `{before.text}`"
    if "STRING" in accepts and "NAME" not in accepts:
        return "a string"
    signs = [f"`{sign}`" for kind, sign in SIGNS.items() if kind in accepts]
    if "MODULO" in accepts:
        signs = ["an operator", *(s for s in signs if s in ENDS)]
    elif "NAME" in accepts:
        signs.insert(0, "a name")
    if "SEP" in accepts:
        signs = [s for s in signs if s != "`}`"] + ["the end of the line"]
    return listed(signs) or "something else"


ENDS = ("`)`", "`]`", "`}`", "`,`", "`:`", "`{`", "`else`")


SIGNS = {
    "LPAR": "(",
    "LBRACE": "{",
    "RPAR": ")",
    "RSQB": "]",
    "RBRACE": "}",
    "COMMA": ",",
    "COLON": ":",
    "EQUAL": "=",
    "ARROW": "->",
    "DOT": ".",
    "IN": "in",
    "ELSE": "else",
    "AS": "as",
    "IMPORT": "import",
    "UPDATES": "updates",
    "TIMES": "times",
    "FN": "fn",
    "LAYER": "layer",
    "SOURCE": "source",
}


def listed(parts: list[str]) -> str:
    return " or ".join([", ".join(parts[:-1]), parts[-1]] if len(parts) > 1 else parts)
