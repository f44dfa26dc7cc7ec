"""The elements of lists of tensors that a loop takes in their order."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from dlspec.backend.classes import ClassWriter, elements
from dlspec.backend.merge import Merged, Occurrence, Step, flows
from dlspec.backend.reading import Reading
from dlspec.emit import python as py
from dlspec.ir import model as ir


class Elements(Reading):
    """What `Forward` knows of the lists that a loop runs over."""

    def __init__(self, writer: ClassWriter) -> None:
        super().__init__(writer)
        self.held: dict[int, py.Expr] = {}
        """Values that stand in a local since before the loop that reads them, or in its header."""
        self.headed: set[int] = set()
        """The elements of lists that a loop's header gives."""

    def element_columns(self, step: Step) -> list[tuple[str, py.Expr]]:
        """The tensors that a loop takes from lists in their order, or in reverse."""
        found: list[tuple[str, py.Expr]] = []
        for inner in elements(step):
            name = inner.statement.names[0]
            source = self.in_order(step, [(o, s.value) for o, s in inner.uses])
            if self.reads.get(name) and source is not None:
                found.append((self.local(name), source))
                self.headed.add(id(inner))
        return found

    def element_reads(self, m: Merged) -> list[tuple[str, py.Expr]]:
        """The same of a list that is written over others: what reads their elements reads names."""
        assert m.body is not None
        tensors = m.flow.over.tensors
        found: list[tuple[str, py.Expr]] = []
        for read in flows(m.body):
            listed = read.body.flow if read.kind in ("select", "pick") else None
            if listed is None or listed.kind != "wire" or listed.name not in tensors:
                continue
            if any(f.origin is not None for _, f in read.uses):  # the spec's own index
                continue
            source = self.in_order(m, read.uses)
            if source is None:
                continue
            known = (name for name, other in found if other == source)
            if (name := next(known, None)) is None:
                name = self.part(tensors[listed.name])
                found.append((name, source))
            self.held[id(read)] = py.Atom(name)
        return found

    def in_order(
        self, loop: Step | Merged, reads: Sequence[tuple[Occurrence, Any]]
    ) -> py.Expr | None:
        """What gives a loop the elements of a list that its rounds read: the list, a part of it,
        or one of both in reverse. None where they are read in another order."""
        site = self.rounds[-1].site
        ahead, back = set[tuple[int, int]](), set[tuple[int, int]]()
        for o, read in reads:
            at, count = dict(o.rounds)[site], rounds(self.loop_of(loop, o))
            behind = len(read.value.types) - read.index - 1
            ahead.add((read.index - at, behind - (count - at - 1)))
            back.add((read.index - (count - at - 1), behind - at))
        source = py.Atom(self.local(reads[0][1].value.name))
        for ends in (ahead, back):
            if len(ends) != 1:
                continue
            ((start, stop),) = ends
            if start >= 0 and stop >= 0:
                part = _between(source, start, stop)
                return part if ends is ahead else py.call("reversed", part)
        return None

    def loop_of(self, loop: Step | Merged, at: Occurrence) -> Any:
        """The loop of which an occurrence is a round."""
        return next(
            s
            for o, s in loop.uses
            if o.instance is at.instance and at.rounds[: len(o.rounds)] == o.rounds
        )


def _between(listed: py.Expr, start: int, stop: int) -> py.Expr:
    """A list without so many elements at its start, and so many at its end."""
    if not start and not stop:
        return listed
    first, last = (py.literal(n) if n else None for n in (start, -stop))
    return py.Index(listed, py.Slice(first, last))


def rounds(statement: Any) -> int:
    """The number of rounds of a loop or repeat."""
    match statement:
        case ir.Repeat() | ir.Copies():
            return len(statement.bodies)
        case ir.Items():
            return len(statement.inputs)
    return len(statement.iterations)
