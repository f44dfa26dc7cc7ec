"""The statements of a text as words, bodies and comments, for the formatter."""

from __future__ import annotations

from dataclasses import dataclass, field

from dlspec.syntax.words import Comment, Word


@dataclass(slots=True)
class Body:
    """Statements, and the `}` that ends them (None at the end of the file)."""

    opener: Word | None = None
    closer: Word | None = None
    statements: list[Statement] = field(default_factory=list)

    @property
    def one_line(self) -> bool:
        return bool(self.opener and self.closer and self.opener.line == self.closer.line)


@dataclass(slots=True)
class Statement:
    parts: list[Word | Body] = field(default_factory=list)

    @property
    def head(self) -> Word:
        first = self.parts[0]
        assert isinstance(first, Word)
        return first

    @property
    def words(self) -> list[Word]:
        """Its own words, the braces of its bodies among them."""
        words: list[Word] = []
        for part in self.parts:
            if isinstance(part, Word):
                words.append(part)
            elif part.closer:
                words.append(part.closer)
        return words


def outline(words: list[Word], i: int) -> tuple[Body, int]:
    """The statements from a word to the end of their body, and the index of its `}`."""
    body = Body()
    statement = Statement()
    while i < len(words) and words[i].type != "RBRACE":
        word = words[i]
        if word.type == "SEP":
            body.statements.append(statement)
            statement = Statement()
        else:
            statement.parts.append(word)
        if word.type == "LBRACE":
            inner, i = outline(words, i + 1)
            inner.opener, inner.closer = word, words[i]
            statement.parts.append(inner)
        i += 1
    if statement.parts:
        body.statements.append(statement)
    return body, i


@dataclass(slots=True)
class Before:
    """The comments before a word; `moved` if an opening brace or `else` stood between."""

    comments: list[Comment] = field(default_factory=list)
    moved: bool = False


def comments_before(words: list[Word], comments: list[Comment]) -> dict[int, Before]:
    """Comments by the offset of the word that they stand before, -1 for the end of the file.

    A comment before `{` or `else`, which follow on the line of what they belong to, moves behind.
    """
    found: dict[int, Before] = {}
    pending = Before()
    waiting = iter([*comments, None])
    comment = next(waiting)
    for word in words:
        if word.type == "SEP":
            continue
        while comment is not None and comment.span.start < word.span.start:
            pending.comments.append(comment)
            comment = next(waiting)
        if not pending.comments:
            continue
        if word.type in ("LBRACE", "ELSE"):
            pending.moved |= any(c.own_line for c in pending.comments)
            continue
        found[word.span.start] = pending
        pending = Before()
    while comment is not None:
        pending.comments.append(comment)
        comment = next(waiting)
    found[-1] = pending
    return found
