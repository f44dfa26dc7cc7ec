"""`format_text`: the one way in which a spec is laid out.

Line ends inside statements stay where their author put them, since they group the stages of a
chain; lines that are too long are broken before `->`. Everything else is set: indentation, spaces,
blank lines (at most one), the `=` of neighbouring settings and the comments behind them. The
words and comments, and so the tree, stay what they were.
"""

from __future__ import annotations

from dlspec.diagnostics import SpecError
from dlspec.source import Source
from dlspec.syntax.align import (
    WIDTH,
    Line,
    align_comments,
    align_equal,
    align_rows,
    broken,
    near,
)
from dlspec.syntax.outline import Before, Body, Statement, comments_before, outline
from dlspec.syntax.parser import lay_out, parse
from dlspec.syntax.spacing import gaps
from dlspec.syntax.vocabulary import CLOSER, OPENER
from dlspec.syntax.words import Word

STEP = 2
# In these, settings stand below each other; in models and blocks a wire is not a setting.
SETTINGS = frozenset("DATA TRAIN EXPORT TUNE GENERATE STEP FN EXTERN WEIGHTS NAME".split())
ALIGNED = frozenset({"FIELD", "OUTPUT", "LET"})


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
        lines = [piece for line in self.lines for piece in broken(line)]
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
            blank = self._comments_before(head, indent, first)
            line = Line(indent, blank=blank)
            self.lines.append(line)
            if len(group) > 1:
                line.text = "; ".join(self._flat(s) or "" for s in group)
                self.last = head.line
                equal = -1
            else:
                equal = self._statement(group[0], line, indent)
            same = self._kind(head, settings) if equal > 0 else ""
            above = self.comments.get(head.span.start)
            parted = blank or (above and any(c.own_line for c in above.comments))
            if not same or same != kind or parted or not near(run, equal):
                align_equal(run)
                run = []
            kind = same
            if same:
                run.append((line, equal))
        align_equal(run)
        self._comments_before(body.closer, indent, first)

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

    def _comments_before(self, word: Word | None, indent: int, first: int) -> bool:
        """Write the comments before a word; whether a blank line stands before the word."""
        before = self.comments.get(word.span.start if word else -1, Before())
        for comment in before.comments:
            last = self.lines[-1] if self.lines else None
            if not comment.own_line and last and not last.comment:
                last.comment = f"  {comment.text}"
            else:
                blank = len(self.lines) > first and comment.line > self.last + 1
                self.lines.append(Line(indent, comment.text, blank=blank))
            self.last = comment.line
        if word is None or word.type == "RBRACE":
            return False
        return len(self.lines) > first and (word.line > self.last + 1 or before.moved)

    # --- statements -------------------------------------------------------------------------------

    def _flat(self, statement: Statement) -> str | None:
        """The statement on one line, if its author wrote it so."""
        spaces = gaps(statement.words)
        text = ""
        for part in statement.parts:
            if isinstance(part, Word):
                joined = part is statement.head or part.type in ("LBRACE", "ELSE")
                if not joined and (part.fresh or part.span.start in self.comments):
                    return None
                text += spaces.get(part.span.start, "") + part.text
                continue
            inner = [self._flat(s) for s in part.statements]
            if not part.one_line or None in inner:
                return None
            text += f" {'; '.join(map(str, inner))} }}" if inner else "}"
        return text

    def _statement(self, statement: Statement, line: Line, indent: int) -> int:
        """Write a statement from a line on; where its `=` stands in that line, or -1."""
        flat = self._flat(statement)
        bodies = any(isinstance(part, Body) for part in statement.parts)
        if bodies and flat is not None and indent + len(flat) <= WIDTH:
            line.text = flat
            self.last = statement.head.line
            return -1
        spaces = gaps(statement.words)
        start, equal = line, -1
        opened: list[int] = []  # the indentation of the lines with the brackets that are open
        rows = _Rows()
        for part in statement.parts:
            if isinstance(part, Body):
                line = self._braces(part, line, indent, statement.head)
                continue
            if self._breaks(part, statement.head):
                base = opened[-1] if opened else indent
                line = self._continued(part, base + (0 if part.type in OPENER else STEP))
                rows.begin(line, part)
            if part.type in OPENER and opened:
                opened.pop()
            gap = spaces.get(part.span.start, "") if line.text else ""
            if not opened and part.type == "ARROW" and line.text:
                line.arrows.append(len(line.text))
                line.deeper = STEP if line.indent == indent else 0
            if not opened and part.type == "EQUAL" and line is start and equal < 0:
                equal = len(line.text)
            line.text += gap + part.text
            rows.add(gap, part)
            if part.type in CLOSER and part.type != "LBRACE":
                opened.append(line.indent)
            self.last = part.line
        rows.end()
        return -1 if bodies else equal

    def _breaks(self, word: Word, head: Word) -> bool:
        """Whether the word begins a line, as its author had it; `{` and `else` never do."""
        return word.fresh and word is not head and word.type not in ("LBRACE", "ELSE")

    def _continued(self, word: Word, indent: int) -> Line:
        self._comments_before(word, indent, len(self.lines) + 1)
        line = Line(indent)
        self.lines.append(line)
        return line

    def _braces(self, body: Body, line: Line, indent: int, head: Word) -> Line:
        """Write a body on lines of its own, and return the line of its `}`."""
        assert body.closer is not None
        if not body.statements and body.closer.span.start not in self.comments:
            line.text += "}"
            return line
        settings = head.type in SETTINGS
        self.body(body, indent + STEP, settings, split=body.one_line)
        line = Line(indent, "}")
        self.lines.append(line)
        self.last = body.closer.line
        return line


class _Rows:
    """Lines of one statement that hold a tuple each, one after the other."""

    def __init__(self) -> None:
        self.rows: list[tuple[Line, list[str], str]] = []
        self.line: Line | None = None  # the line being read, while it may be such a row
        self.depth = 0

    def begin(self, line: Line, word: Word) -> None:
        self._finish()
        if word.type != "LPAR":
            self.end()
            return
        self.line = line
        self.depth = 0
        self.cells = [""]
        self.rest = ""

    def add(self, gap: str, word: Word) -> None:
        if self.line is None:
            return
        opens, closes = word.type in CLOSER, word.type in OPENER
        self.depth -= closes
        if self.rest and word.type not in ROW_ENDS:
            self.line = None
        elif self.rest or (self.depth == 0 and closes):
            self.rest += gap + word.text
        elif self.depth == 1 and word.type == "COMMA":
            self.cells.append("")
        elif self.depth > 0:
            self.cells[-1] += (gap if self.cells[-1] else "") + word.text
        self.depth += opens

    def _finish(self) -> None:
        if self.line is not None and self.rest and all(self.cells):
            self.rows.append((self.line, self.cells, self.rest))
        elif self.line is not None:
            self.end()
        self.line = None

    def end(self) -> None:
        if self.line is not None and self.rest:
            self._finish()
        align_rows(self.rows)
        self.rows = []


ROW_ENDS = ("COMMA", "RPAR", "RSQB", "LBRACE")
