"""`format_text`: the one way in which a spec is laid out.

Line ends inside statements stay where their author put them, since they group the stages of a
chain; lines that are too long are broken before `->`. So does the column of a comment behind a
line, while there is room for it. Everything else is set: indentation, spaces, blank lines (at most
one), and what stands below each other in neighbouring lines, as docs/language.md says. The words
and comments, and so the tree, stay what they were.
"""

from __future__ import annotations

from dataclasses import replace

from dlspec.diagnostics import SpecError
from dlspec.source import Source
from dlspec.syntax.align import (
    WIDTH,
    Line,
    align_chains,
    align_comments,
    align_equal,
    align_rows,
    broken,
)
from dlspec.syntax.outline import Before, Body, Statement, comments_before, outline
from dlspec.syntax.parser import lay_out, parse
from dlspec.syntax.spacing import gaps
from dlspec.syntax.vocabulary import CLOSER, OPENER
from dlspec.syntax.words import Word

STEP = 2
# In these, settings stand below each other; in models and blocks a wire is not a setting.
SETTINGS = frozenset("DATA TRAIN EXPORT TUNE GENERATE STEP FN EXTERN WEIGHTS NAME".split())
ALIGNED = frozenset({"FIELD", "OUTPUT", "LET", "WEIGHTS"})


def format_text(source: Source) -> str:
    """The text in its set form, which formats to itself and has the same tree.

    Raises `SpecError` with the errors of a text that does not parse.
    """
    _, errors = parse(source)
    if errors:
        raise SpecError(*errors)
    layout = lay_out(source)
    writer = _Writer(comments_before(layout.words, layout.comments))
    root, _ = outline(layout.words, 0)
    writer.body(root, 0, settings=False, split=False)
    return writer.text()


class _Writer:
    def __init__(self, comments: dict[int, Before]) -> None:
        self.comments = comments
        self.lines: list[Line] = []
        self.last = 0  # the source's line of what was written last

    def text(self) -> str:
        lines = broken(self.lines)
        align_chains(lines)
        align_comments(lines)
        written = []
        for line in lines:
            if line.blank:
                written.append("")
            written.append(" " * line.indent + line.text + line.comment)
        return "".join(f"{line}\n" for line in written)

    # --- bodies -----------------------------------------------------------------------------------

    def body(self, body: Body, indent: int, settings: bool, split: bool) -> None:
        """Write statements; with `split`, those that shared a line get lines of their own."""
        first = len(self.lines)
        run: list[tuple[Line, int]] = []
        kind = ""
        for group in self._groups(body, indent, split):
            head = group[0].head
            line = Line(indent, hang=indent + STEP)
            line.blank = self._comments_before(head, line, first)
            if head.type == "MINUS" and group[0] is not body.statements[0]:
                line.text = "; "  # on a line of its own it would continue the one before
            self.lines.append(line)
            if len(group) > 1:
                equal = len(line.text + head.text) if _is_setting(group[0]) else -1
                line.text += "; ".join(self._flat(s) or "" for s in group)
                self.last = head.line
            else:
                equal = self._statement(group[0], line, indent)
            same = self._kind(head, settings) if equal > 0 else ""
            above = self.comments.get(head.span.start)
            parted = line.blank or (above and any(c.own_line for c in above.comments))
            if not same or same != kind or parted:
                align_equal(run)
                run = []
            kind = same
            if same:
                run.append((line, equal))
        align_equal(run)
        self._comments_before(body.closer, Line(indent), first)

    def _groups(self, body: Body, indent: int, split: bool) -> list[list[Statement]]:
        """Statements that share a line, as far as they fit on it."""
        groups: list[list[Statement]] = []
        for statement in body.statements:
            if groups and not split and not statement.head.fresh:
                groups[-1].append(statement)
            else:
                groups.append([statement])
        found: list[list[Statement]] = []
        for group in groups:
            texts = [self._flat(s) for s in group]
            fits = None not in texts and indent + len("; ".join(map(str, texts))) <= WIDTH
            found.extend([group] if fits else [[s] for s in group])
        return found

    def _kind(self, head: Word, settings: bool) -> str:
        """What a statement is aligned with: statements of the same kind, or nothing."""
        if head.type in ALIGNED:
            return head.type
        return "NAME" if head.type == "NAME" and settings else ""

    def _comments_before(self, word: Word | None, like: Line, first: int) -> bool:
        """Write the comments before a word, indented like its line; whether that is set off."""
        before = self.comments.get(word.span.start if word else -1, Before())
        for comment in before.comments:
            last = self.lines[-1] if self.lines else None
            if not comment.own_line and last and not last.comment and not last.remark:
                last.comment, last.column = comment.text, comment.span.column - 1
            else:
                before.moved |= not comment.own_line
                blank = len(self.lines) > first and comment.line > self.last + 1
                remark = replace(like, text=comment.text, blank=blank, remark=True, arrows=[])
                self.lines.append(remark)
            self.last = comment.line
        if word is None or word.type == "RBRACE":
            return False
        return len(self.lines) > first and (word.line > self.last + 1 or before.moved)

    # --- statements -------------------------------------------------------------------------------

    def _flat(self, statement: Statement) -> str | None:
        """The statement on one line, if its author wrote it so."""
        spaces = gaps(statement.words)
        fresh = statement.breaks()
        text = ""
        for part in statement.parts:
            if isinstance(part, Word):
                if part.span.start in fresh:
                    return None
                text += spaces.get(part.span.start, "") + part.text
                continue
            inner = [self._flat(s) for s in part.statements]
            if not part.one_line or None in inner or self._commented(part):
                return None
            text += f" {'; '.join(map(str, inner))} }}" if inner else "}"
        return text

    def _statement(self, statement: Statement, line: Line, indent: int) -> int:
        """Write a statement from a line on; where what is aligned stands in that line, or -1."""
        flat = self._flat(statement)
        bodies = any(isinstance(part, Body) for part in statement.parts)
        if bodies and flat is not None and indent + len(flat) <= WIDTH:
            brace = len(line.text) + flat.find(" {")
            line.text += flat
            self.last = statement.head.line
            return brace if statement.head.type == "WEIGHTS" else -1
        spaces, fresh = gaps(statement.words), statement.breaks()
        start, equal = line, -1
        opened: list[Line] = []  # the lines with the brackets that are open
        rows = _Rows()
        for part in statement.parts:
            if isinstance(part, Body):
                line = self._braces(part, line, indent, statement.head)
                continue
            if part.span.start in fresh:
                line = Line(indent + STEP, hang=indent + STEP)
                if opened:
                    line.under, line.step = opened[-1], 0 if part.type in OPENER else STEP
                self._comments_before(part, line, len(self.lines) + 1)
                self.lines.append(line)
                rows.begin(line, part)
            if part.type in OPENER and opened:
                opened.pop()
            if not opened and part.type == "ARROW" and line.text:
                line.arrows.append(len(line.text))
            if not opened and part.type == "EQUAL" and line is start and equal < 0:
                equal = len(line.text)
            gap = spaces.get(part.span.start, "") if line.text else ""
            line.text += gap + part.text
            rows.add(gap, part)
            if part.type in CLOSER and part.type != "LBRACE":
                opened.append(line)
            self.last = part.line
        rows.end()
        return -1 if bodies else equal

    def _commented(self, body: Body) -> bool:
        """Whether comments moved into the body from before its `{`."""
        words = [s.head for s in body.statements]
        words += [body.closer] if body.closer else []
        return any(word.span.start in self.comments for word in words)

    def _braces(self, body: Body, line: Line, indent: int, head: Word) -> Line:
        """Write a body on lines of its own, and return the line of its `}`."""
        assert body.closer is not None
        if not body.statements and body.closer.span.start not in self.comments:
            line.text += "}"
            return line
        settings = head.type in SETTINGS
        self.body(body, indent + STEP, settings, split=body.one_line)
        line = Line(indent, "}", hang=indent + STEP)
        self.lines.append(line)
        self.last = body.closer.line
        return line


def _is_setting(statement: Statement) -> bool:
    """Whether it is `NAME = ...`."""
    types = [part.type for part in statement.parts[:2] if isinstance(part, Word)]
    return types == ["NAME", "EQUAL"]


class _Rows:
    """Lines of one statement that hold a tuple each, one after the other."""

    def __init__(self) -> None:
        self.rows: list[tuple[Line, list[str], str]] = []
        self.line: Line | None = None  # the line being read, while it may be such a row
        self.depth = 0
        self.cells = [""]
        self.rest = ""

    def begin(self, line: Line, word: Word) -> None:
        """A line begins with a word."""
        if not self._take() or line.under is not self.rows[-1][0].under:
            self._align()
        self.line = line if word.type == "LPAR" else None
        self.depth = 0
        self.cells = [""]
        self.rest = ""

    def end(self) -> None:
        self._take()
        self._align()

    def _take(self) -> bool:
        """Whether the line that ends is a row."""
        if self.line is None or not self.rest or not all(self.cells):
            return False
        self.rows.append((self.line, self.cells, self.rest))
        return True

    def _align(self) -> None:
        align_rows(self.rows)
        self.rows = []

    def add(self, gap: str, word: Word) -> None:
        if self.line is None:
            return
        opens, closes = word.type in CLOSER, word.type in OPENER
        self.depth -= closes
        if self.rest == ")" and word.type not in AFTER_ROW:
            self.line = None
        elif self.rest or (self.depth == 0 and closes):
            self.rest += gap + word.text
        elif self.depth == 1 and word.type == "COMMA":
            self.cells.append("")
        elif self.depth > 0:
            self.cells[-1] += (gap if self.cells[-1] else "") + word.text
        self.depth += opens


AFTER_ROW = ("COMMA", "RPAR", "RSQB", "LBRACE")
