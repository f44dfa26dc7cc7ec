"""`parse`: from text to tree, with every error of the text."""

from __future__ import annotations

import gc
from typing import TYPE_CHECKING, Any

from dlspec.diagnostics import Diagnostic
from dlspec.diagnostics.text import TooDeep, TooLarge
from dlspec.source import Source
from dlspec.syntax import tables, tree
from dlspec.syntax.depth import bounded
from dlspec.syntax.files import LARGEST
from dlspec.syntax.layout import Layout
from dlspec.syntax.scan import Scan
from dlspec.syntax.words import Word, after

if TYPE_CHECKING:
    from lark.parsers.lalr_parser_state import ParserState


def parse(source: Source) -> tuple[tree.File, list[Diagnostic]]:
    """The syntax tree of a text, and what is wrong with it; never raises.

    A statement that does not parse is a `tree.Broken`, and the rest of the file is read all the
    same: one mistake is one error, as far as possible.
    """
    if len(source.text) > LARGEST:
        return tree.File(source, ()), [TooLarge(None, source.name, len(source.text), LARGEST)]
    collecting = gc.isenabled()
    gc.disable()  # a tree has no cycles, and collecting takes half of the time
    try:
        layout = lay_out(source)
        statements, errors = _Parse(source, layout).run()
    finally:
        if collecting:
            gc.enable()
    return tree.File(source, statements), errors


def lay_out(source: Source) -> Layout:
    """The words of a text, arranged for the parser."""
    from lark.lexer import LexerThread

    lexer = tables.parser().parser.lexer
    tokens = LexerThread.from_text(lexer, source.text).lex(None)  # type: ignore[no-untyped-call]
    return Layout(source, Scan(source, tokens))


class _Body:
    """The statement being read in one body: the parser at its head, for recovery.

    `errors` are those of which one is enough: a bracket that lacks makes the parser stumble too.
    """

    __slots__ = ("errors", "head", "parsed", "state")

    def __init__(self) -> None:
        self.state: ParserState[int] | None = None
        self.head = 0
        self.errors: list[Diagnostic] = []
        self.parsed = True

    def begin(self, state: ParserState[int], head: int) -> None:
        self.state = state.copy(deepcopy_values=False)
        self.head = head
        self.errors = []
        self.parsed = True


class _Parse:
    def __init__(self, source: Source, layout: Layout) -> None:
        self.source = source
        self.words = layout.words
        self.slips = layout.slips
        self.errors: list[Diagnostic] = []
        self.state: ParserState[int] = tables.parser().parse_interactive().parser_state
        self.bodies = [_Body()]

    def run(self) -> tuple[tuple[tree.Statement, ...], list[Diagnostic]]:
        from lark.exceptions import UnexpectedToken

        words, count = self.words, len(self.words)
        slip, resumed = 0, -1
        i = 0
        while i < count:
            word = words[i]
            body = self.bodies[-1]
            if word.head and i != resumed:
                self._tell(body)
                body.begin(self.state, i)
            while slip < len(self.slips) and self.slips[slip][0] <= i:
                _, error, hard = self.slips[slip]
                (body.errors if hard else self.errors).append(error)
                slip += 1
            try:
                self.state.feed_token(word)  # type: ignore[arg-type]
            except UnexpectedToken:
                i = resumed = self._recover(i)
                continue
            if word.type == "LBRACE":
                self.bodies.append(_Body())
            elif word.type == "RBRACE":
                self._tell(self.bodies.pop())
            i += 1
        self.bodies[-1].errors.extend(error for _, error, _ in self.slips[slip:])
        statements, deep = bounded(self._end(), self.words)
        self._tell(self.bodies[-1])
        if not any(isinstance(error, TooDeep) for error in self.errors):
            self.errors.extend(deep)
        return statements, sorted(self.errors, key=_start)

    def _recover(self, i: int) -> int:
        """Report the word, make the statement a broken one, and return where to go on."""
        from dlspec.syntax.explain import explain  # with its messages, only when there is an error

        body = self.bodies[-1]
        if body.parsed:
            body.errors.append(explain(self.words, i, body.head, self.state))
            body.parsed = False
        while i < len(self.words) and self.words[i].type not in ("SEP", "LBRACE", "RBRACE"):
            i += 1
        assert body.state is not None
        self.state = body.state.copy(deepcopy_values=False)
        first, last = self.words[body.head].span, self.words[max(i - 1, body.head)].span
        self.state.feed_token(Word("BROKEN", "", first.to(last)))  # type: ignore[arg-type]
        return i

    def _tell(self, body: _Body) -> None:
        """Report the first of the errors of a statement that cannot be trusted on."""
        if body.errors:
            self.errors.append(min(body.errors, key=_rank))

    def _end(self) -> Any:
        from lark.exceptions import UnexpectedToken

        end = Word("$END", "", after(self.source, self.words[-1] if self.words else None))
        try:
            return self.state.feed_token(end, is_end=True)  # type: ignore[arg-type]
        except UnexpectedToken:
            self.words.append(end)
            self._recover(len(self.words) - 1)
            return self.state.feed_token(end, is_end=True)  # type: ignore[arg-type]


def _start(error: Diagnostic) -> int:
    return error.span.start if error.span else -1


def _rank(error: Diagnostic) -> tuple[bool, int]:
    """The first error tells most, but not what a bracket has made: a comma, or an early end."""
    made = error.code == "DLS040" or bool(error.span and error.span.start == error.span.end)
    return made, _start(error)
