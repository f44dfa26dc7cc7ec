"""The printer, which chooses among the ways in which a document can be laid out.

This is Wadler's pretty printer with the extensions of Ruff's formatter, in the same order of
decisions: what it prints for the documents of `layout` is what `ruff format` leaves alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from dlspec.emit.document import (
    Best,
    BestParens,
    Document,
    FitsBroken,
    Group,
    IfBroken,
    Indent,
    Line,
    breaks,
)
from dlspec.emit.text import INDENT, columns

_FIRST_LINE, _ALL_LINES, _ANY_WIDTH = range(3)


@dataclass(frozen=True, slots=True)
class _Frame:
    """A part still to be printed, and how."""

    part: Document
    indent: int
    broken: bool
    measure: int = _FIRST_LINE

    def of(self, part: Document) -> _Frame:
        return _Frame(part, self.indent, self.broken, self.measure)


@dataclass(slots=True)
class Printer:
    """Prints one document from a given indent, in lines of at most `width` columns if it can."""

    width: int
    indent: int = 0
    lines: list[str] = field(default_factory=lambda: [""])
    column: int = 0
    pending: int = 0
    measured: bool = False
    modes: dict[int, bool] = field(default_factory=dict)

    def print(self, document: Document) -> list[str]:
        """The lines of the document."""
        breaks(document)
        self.pending = self.indent
        stack = [_Frame(document, self.indent, broken=True)]
        while stack:
            self._step(stack.pop(), stack)
        return self.lines

    def _step(self, frame: _Frame, stack: list[_Frame]) -> None:
        part = frame.part
        match part:
            case str():
                self._text(part)
            case Line():
                self._line(part, frame)
            case Group(content, id, broken, only_if):
                if only_if and not self.modes[only_if]:
                    stack.append(frame.of(content))
                    return
                mode = broken or self._must_break(frame, content, id, stack)
                if id:
                    self.modes[id] = mode
                stack.append(_Frame(content, frame.indent, mode))
            case Indent(content, only_if):
                deeper = INDENT if not only_if or self.modes[only_if] else 0
                stack.append(_Frame(content, frame.indent + deeper, frame.broken))
            case IfBroken(content, id, broken):
                if (self.modes[id] if id else frame.broken) == broken:
                    stack.append(frame.of(content))
            case FitsBroken(content, id):
                if not id or not self.modes[id]:
                    # Only what surrounds it was measured on one line.
                    self.measured = False
                stack.append(frame.of(content))
            case BestParens():
                self._best_parens(part, frame, stack)
            case Best(variants):
                self._best(variants, frame, stack)
            case _:
                stack.extend(frame.of(inner) for inner in reversed(part))

    def _text(self, text: str) -> None:
        if not text:
            return
        if self.pending:
            self.lines[-1] += " " * self.pending
            self.column += self.pending
            self.pending = 0
        self.lines[-1] += text
        self.column += columns(text)

    def _line(self, line: Line, frame: _Frame) -> None:
        if not frame.broken and line is not Line.HARD:
            self._text(line.value)
            return
        if self.lines[-1]:
            self.lines.append("")
            self.column = 0
            self.measured = False
        self.pending = frame.indent

    def _must_break(self, frame: _Frame, content: Document, id: int, stack: list[_Frame]) -> bool:
        if not frame.broken and self.measured:
            return False
        self.measured = True
        if id:
            self.modes[id] = False
        return not self._fits(_Frame(content, frame.indent, broken=False), stack)

    def _best_parens(self, part: BestParens, frame: _Frame, stack: list[_Frame]) -> None:
        if not self._must_break(frame, part.content, part.id, stack):
            self.modes[part.id] = False
            stack.append(_Frame(part.content, frame.indent, broken=False))
            return
        wrapped: Document = ["(", Indent([Line.HARD, part.content]), Line.HARD, ")"]
        self.modes[part.id] = True
        inside = _Frame(wrapped, frame.indent, frame.broken, _ALL_LINES)
        self.modes[part.id] = self._fits(inside, stack)
        content = wrapped if self.modes[part.id] else part.content
        stack.append(_Frame(content, frame.indent, self.modes[part.id]))

    def _best(self, variants: Sequence[Document], frame: _Frame, stack: list[_Frame]) -> None:
        if not frame.broken and self.measured:
            stack.append(frame.of(variants[0]))
            return
        self.measured = True
        for variant in variants[:-1]:
            flat = _Frame(variant, frame.indent, broken=False)
            if self._fits(flat, stack):
                stack.append(flat)
                return
        stack.append(_Frame(variants[-1], frame.indent, broken=True))

    def _fits(self, first: _Frame, rest: Sequence[_Frame]) -> bool:
        """Whether all up to the next line end fits on the line."""
        column, pending = self.column, self.pending
        stack, remaining = [first], len(rest)
        while stack or remaining:
            if stack:
                frame = stack.pop()
            else:
                remaining -= 1
                frame = rest[remaining]
            part = frame.part
            if isinstance(part, Line) and (frame.broken or part is Line.HARD):
                if not frame.broken or frame.measure == _FIRST_LINE:
                    return True
                column, pending = 0, frame.indent
                continue
            text = part.value if isinstance(part, Line) else part
            if isinstance(text, str):
                column += columns(text) + (pending if text else 0)
                pending = 0 if text else pending
                if column > self.width and frame.measure != _ANY_WIDTH:
                    return False
                continue
            inner = self._measured(frame)
            if inner is None:
                return False
            stack.extend(inner)
        return True

    def _measured(self, frame: _Frame) -> list[_Frame] | None:
        """What to measure in place of a part, last first; None where it cannot fit."""
        part = frame.part
        match part:
            case Group(content, id, broken, only_if):
                if only_if and not self.modes[only_if]:
                    return [frame.of(content)]
                mode = frame.broken or broken
                if id:
                    self.modes[id] = mode
                return [_Frame(content, frame.indent, mode, frame.measure)]
            case Indent(content, only_if):
                deeper = INDENT if not only_if or self.modes[only_if] else 0
                return [_Frame(content, frame.indent + deeper, frame.broken, frame.measure)]
            case IfBroken(content, id, broken):
                shown = (self.modes[id] if id else frame.broken) == broken
                return [frame.of(content)] if shown else []
            case FitsBroken(content, id, breaks_inside):
                if frame.broken:
                    return [frame.of(content)]
                if not id or not self.modes[id]:
                    return [_Frame(content, frame.indent, True, _ANY_WIDTH)]
                return None if breaks_inside else [frame.of(content)]
            case BestParens(content, id):
                self.modes[id] = frame.broken
                return [frame.of(content)]
            case Best(variants):
                if frame.broken:
                    return [frame.of(variants[-1])]
                return [_Frame(variants[0], frame.indent, False)]
            case str() | Line():
                return []
        return [frame.of(inner) for inner in reversed(part)]
