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

    def breaks(self) -> set[int]:
        """The offsets of the words that begin a line, as their author had it."""
        found: set[int] = set()
        before = ""
        for word in self.words:
            if word.fresh and before and word.type != "RBRACE" and not joins(word, before):
                found.add(word.span.start)
            before = "ELSE of a body" if word.type == "ELSE" and before == "RBRACE" else word.type
        return found


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
    """The comments before a word; `moved` if the beginning of a body stood between."""

    comments: list[Comment] = field(default_factory=list)
    moved: bool = False


def comments_before(words: list[Word], comments: list[Comment]) -> dict[int, Before]:
    """Comments by the offset of the word that they stand before, -1 for the end of the file.

    A comment before `{`, or before the `else` of a statement, moves into the body that follows,
    since these stand on the line of what they belong to.
    """
    found: dict[int, Before] = {}
    inside = Before()  # for the next body
    k = 0
    before = ""
    for word in words:
        if word.type == "SEP":
            continue
        start = k
        while k < len(comments) and comments[k].span.start < word.span.start:
            k += 1
        here = comments[start:k]
        if before == "LBRACE" and inside.comments:
            found[word.span.start] = Before([*inside.comments, *here], inside.moved)
            inside = Before()
        elif here and joins(word, before):
            inside.comments.extend(here)
            inside.moved |= any(c.own_line for c in here)
        elif here:
            found[word.span.start] = Before(here)
        before = "ELSE of a body" if word.type == "ELSE" and before == "RBRACE" else word.type
    found[-1] = Before(comments[k:])
    return found


def joins(word: Word, before: str) -> bool:
    """Whether a word stands on the line of the word before it, of which the type is given."""
    after_body = word.type == "ELSE" and before == "RBRACE"
    return word.type == "LBRACE" or after_body or before == "ELSE of a body"
