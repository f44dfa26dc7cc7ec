"""What a forward pass reads by name: wires, arguments, dynamic sizes, columns of a loop's table."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cache, cached_property
from itertools import chain
from typing import Any

from dlspec.backend.arguments import Varies
from dlspec.backend.classes import ClassWriter
from dlspec.backend.merge import Merged, Step, Values, flows, same
from dlspec.backend.names import variable
from dlspec.backend.walks import all_steps
from dlspec.emit import python as py
from dlspec.emit.text import identifier
from dlspec.expr import Ref, origin
from dlspec.ir import model as ir
from dlspec.ops.batch_size import SIZE


@dataclass
class Later:
    """What the statements of a body read behind the one that is being written."""

    steps: list[Step]
    at: int = -1

    @cached_property
    def last(self) -> dict[str, int]:
        """The last statement that reads each wire."""
        return read_last(self.steps)

    def reads(self, name: str) -> bool:
        return self.last.get(name, -1) > self.at


@dataclass
class Target:
    """The name for the parts of a chain, which is taken when the first of them is written."""

    give: Callable[[], str]
    made: str = ""

    def __str__(self) -> str:
        self.made = self.made or self.give()
        return self.made

    def __len__(self) -> int:
        return len(self.made) or 1


@dataclass
class Round:
    """A loop that is being written."""

    step: Any
    site: int
    columns: list[tuple[str, list[Any]]] = field(default_factory=list)


def read_by(step: Step) -> Iterator[str]:
    """The wires that a statement reads, those in it left out."""
    if step.kind == "element":
        yield step.statement.value.value.name
    for m in flows(step.value) if step.value is not None else ():
        if m.kind == "wire":
            yield m.flow.name


def read_last(steps: list[Step]) -> dict[str, int]:
    """The last statement that reads each wire, by its place."""
    return {n: i for i, s in enumerate(steps) for inner in all_steps([s]) for n in read_by(inner)}


class Reading(ABC):
    """The names of a forward pass, and how it reads values."""

    def __init__(self, writer: ClassWriter) -> None:
        self.w = writer
        self.style = writer.style
        self.is_model = writer.definition.kind == "model"
        self.is_root = self.is_model and writer.instances[0] is writer.planner.model.root
        """Whether it is the model itself: one that another model uses is called as a block is."""
        self.is_step = writer.definition.kind == "step"
        self.arguments = writer.arguments
        self.taken = {*writer.taken}
        self.locals: dict[str, str] = {}
        self.reads = self.count_reads()
        """How often each wire is read."""
        self.rounds: list[Round] = []
        """The loops around, outermost first."""
        self.later: list[Later] = []
        """What is read behind the statement that is being written, in each body around it."""
        self.now: Step | None = None
        """The statement that is being written."""
        self.passing: list[str] = []
        """The names for parts of the statement that is being written."""
        self.lengths: dict[str, str] = {}
        """The dynamic sizes that are read before their wires are written again, with the names
        that they then have."""
        self.arguments.length = self.length
        if writer.is_function:
            self.share_names()

    @abstractmethod
    def body(self, steps: list[Step], last: bool = False) -> list[py.Statement]: ...

    @abstractmethod
    def chain(self, value: Merged, target: str | Target, lines: list[py.Statement]) -> py.Expr: ...

    @abstractmethod
    def expression(self, m: Merged, lines: list[py.Statement]) -> py.Expr: ...

    def share_names(self) -> None:
        """The arguments of a function and its local names are of one kind, and must not meet."""
        self.taken.update(a.name for a in self.arguments.parameters.values())
        self.arguments.beside = self.taken
        for step in all_steps(self.w.steps):
            if step.kind == "loop":
                self.arguments.taken.update(step.statement.names)
        for name in (*self.w.definition.inputs, *self.reads):
            self.local(name)
        self.arguments.name_numbers(self.local)

    def local(self, name: str) -> str:
        if name not in self.locals:
            self.locals[name] = variable(name, self.taken)
            self.taken.add(self.locals[name])
        return self.locals[name]

    def fresh(self, name: str) -> str:
        made = variable(name, {*self.taken, *self.locals.values()})
        self.taken.add(made)
        return made

    def part(self, name: str = "h") -> str:
        """A name for a part of the statement that is being written, free again behind it."""
        made = self.fresh(name)
        self.passing.append(made)
        return made

    def count_reads(self) -> dict[str, int]:
        return dict(Counter(chain.from_iterable(map(read_by, all_steps(self.w.steps)))))

    def has(self, name: str) -> bool:
        """Whether a function takes an input: a step takes only the fields that it reads."""
        return not self.is_step or bool(self.reads.get(name))

    @cached_property
    def told(self) -> set[str]:
        """The attributes of a model that must be told of training: what calls the model tells only
        the model itself."""
        if not self.is_model or self.style.trains:
            return set()
        instances = self.w.planner.model.instances

        def asks(flow: ir.Flow) -> bool:
            if isinstance(flow, ir.Call):
                return inside(flow.instance)
            return isinstance(flow, ir.Mode) or (
                isinstance(flow, ir.Apply) and self.style.training(flow.op)
            )

        @cache
        def inside(number: int) -> bool:
            body = instances[number].body
            run, tested = ir.statements(body), ir.statements(body, training=False)
            return len([*run]) > len([*tested]) or any(map(asks, ir.within(body)))

        asking: Iterator[Any] = filter(
            asks, chain.from_iterable(ir.within(i.body) for i in self.w.instances)
        )
        return {str(f.module[0]) for f in asking if f.kind != "mode" and f.module}

    # -- values

    def value(self, values: Values) -> py.Expr:
        if isinstance(values.slots[0][1].value, py.Expr):
            return values.slots[0][1].value
        try:
            return self.arguments.resolve(values, self.read)
        except Varies:
            return self.column(values)

    def column(self, values: Values) -> py.Expr:
        """A value that each round has its own of: a further column of the loop's table."""
        if not self.rounds:
            raise Varies
        current = self.rounds[-1]
        by_round: dict[int, Any] = {}
        for o, s in values.slots:
            at = dict(o.rounds)[current.site]
            if not same(by_round.setdefault(at, s.value), s.value):
                raise Varies
        cells = [by_round.get(i) for i in range(max(by_round) + 1)]
        for name, known in current.columns:
            if known == cells:
                return py.Atom(name)
        name = self.fresh(values.role or "value")
        current.columns.append((name, cells))
        return py.Atom(name)

    def read(self, name: str) -> py.Expr:
        """An argument of the class in forward: kept under its own name. That of a function is
        there."""
        if self.w.is_function:
            return py.Atom(name)
        layer = self.w.layers.get(name)
        beside = f"num_{name}" if layer is not None and layer.is_list else f"{name}_value"
        taken = {*self.w.layers, *self.style.reserved}
        attribute = identifier(name if layer is None else beside, taken)
        self.w.stored[attribute] = py.Atom(name)
        return py.Attribute("self", attribute)

    def length(self, name: str) -> py.Expr:
        """A dynamic size: that of an input's axis, read at once where the input's name is written
        again."""
        source, _ = self.source(name)
        steps = all_steps(self.w.steps)
        if any(source in s.statement.names for s in steps if s.kind in ("bind", "element")):
            if name not in self.lengths:
                self.lengths[name] = self.fresh(name.lower())
            return py.Atom(self.lengths[name])
        return self.size(name)

    def size(self, name: str) -> py.Expr:
        source, axis = self.source(name)
        return self.style.length(py.Atom(self.local(source)), axis)

    def source(self, name: str) -> tuple[str, int]:
        """The input that has a dynamic size, and on which axis of the batch."""
        for wire, type_ in self.w.instances[0].inputs:
            for axis, size in enumerate(type_.stored):
                if origin(size) == Ref(name):
                    return wire, axis + (not type_.common)
        for wire, type_ in self.w.instances[0].inputs:
            if name == SIZE and not type_.common and self.has(wire):
                return wire, 0
        raise LookupError(name)
