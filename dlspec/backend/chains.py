"""Long chains of a forward pass, cut into statements where a person would begin a line."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from dlspec.backend.classes import ClassWriter
from dlspec.backend.loops import Loops
from dlspec.backend.merge import Merged, flows, holes_in
from dlspec.backend.reading import Target, read_by
from dlspec.emit import python as py
from dlspec.emit.text import WIDTH
from dlspec.expr import Ref, fixed, origin
from dlspec.ir.model import Instance
from dlspec.length import Dynamic, dynamic, put
from dlspec.ops.norm import RMSNorm
from dlspec.ops.normalisation import Affine
from dlspec.ops.only_training import OnlyTraining
from dlspec.tensor import Tensor

INDENT = 8
SHORT = 40
"""Characters of a chain in a block to which another layer with work is added in the same line."""
QUIET = (Affine, RMSNorm, OnlyTraining)
"""Layers that belong to the one before them: a line does not break in front of them."""


def takes(code: Any) -> bool:
    """Whether code takes the next element of a list."""
    return isinstance(code, py.Expr) and "next(" in str(code)


def own_dims(instances: Sequence[Instance]) -> dict[str, int]:
    """The dynamic sizes of a definition's inputs, by what arrives there: comments in a class have
    its own names for them."""
    found: dict[str, int] = {}
    for size in (size for i in instances for _, t in i.inputs for size in t.shape):
        name = origin(size)
        if isinstance(size, Dynamic) and isinstance(name, Ref) and str(size).isidentifier():
            own = dynamic(name.name, int(size))
            if found.setdefault(str(size), own) != own:
                return {}  # of two uses, each has the other's name
    return found if any(name != str(own) for name, own in found.items()) else {}


class Chains(Loops):
    """What `Forward` knows of chains."""

    def __init__(self, writer: ClassWriter) -> None:
        super().__init__(writer)
        self.ordered = False
        """Whether the value that is being written takes several layers of lists in turn."""
        self.aliases: dict[str, list[str]] = {}
        """The wires that are another under a second name, which nothing writes again."""
        self.enclosed: set[str] = set()
        """The wires that functions of derivatives read, which are called later."""
        self.outputs: list[tuple[str | None, py.Expr]] = []
        """What has been given out so far, by name."""
        self.dims = own_dims(writer.instances)

    @abstractmethod
    def applied(
        self, m: Merged, lines: list[py.Statement], arriving: py.Expr | None
    ) -> py.Expr: ...

    def chain(self, value: Merged, target: str | Target, lines: list[py.Statement]) -> py.Expr:
        """A value whose long chain is cut into statements: in a model, which has shapes behind
        them, one for each layer with work."""
        before = self.ordered
        self.ordered = sum(1 for x in flows(value) if self.takes(x)) > 1
        try:
            return self.cut(value, target, lines)
        finally:
            self.ordered = before

    def cut(self, value: Merged, target: str | Target, lines: list[py.Statement]) -> py.Expr:
        nodes: list[Merged] = []
        m = value
        while m.kind in ("apply", "call", "net", "scope", "repeat") and len(m.inputs) == 1:
            if m.kind == "repeat" and m.body is None:
                m = m.inputs[0]
                continue
            nodes.append(m)
            m = m.inputs[0]
        made = self.expression(m, lines)
        if m.kind == "call":
            made = self.parted(made, target, lines)
        heavy = False
        types = None
        for node in reversed(nodes):
            head = self.is_head(node)
            if self.takes(node) and takes(made):
                self.store(target, made, types, lines)
                made, heavy = py.Atom(str(target)), False
            works = head and heavy and (self.arguments.is_model or len(str(made)) > SHORT)
            breaks = works or node.kind == "repeat" or self.too_long(node, made, target)
            if breaks or (self.reads_twice(node, 0) and not isinstance(made, py.Atom)):
                self.store(target, made, types, lines)
                made, heavy = py.Atom(str(target)), False
            if node.kind == "repeat":
                made = self.repeat(node, [made], str(target), lines)
                heavy = False
            else:
                made = self.prepared(node, self.applied(node, lines, made), target, lines)
                heavy = heavy or head
            types = [f.types[0] for _, f in node.uses]
        return made

    def store(
        self, target: str | Target, made: py.Expr, types: Any, lines: list[py.Statement]
    ) -> None:
        if made != py.Atom(str(target)) and not isinstance(made, py.Atom):
            lines.append(py.Assign(str(target), made, self.comment(types) if types else ""))
        elif made != py.Atom(str(target)):
            lines.append(py.Assign(str(target), made))

    def reads_twice(self, m: Merged, i: int | str) -> bool:
        """Whether the code of an op reads an input more than once: that must be a name."""
        return sum(1 for h in holes_in(self.w.calls.get(id(m))) if h.what == i) > 1

    def too_long(self, node: Merged, made: py.Expr, target: str | Target) -> bool:
        if isinstance(made, py.Atom):
            return False
        return INDENT + len(target) + 3 + len(str(made)) > WIDTH - 16

    def prepared(
        self, node: Merged, made: py.Expr, target: str | Target, lines: list[py.Statement]
    ) -> py.Expr:
        """A call whose input is prepared in place (pads): in a line of its own if too long."""
        code = self.w.calls.get(id(node))
        if not isinstance(code, py.Call) or not code.args or not isinstance(made, py.Call):
            return made
        if not isinstance(code.args[0].value, py.Call):
            return made
        if INDENT + len(target) + 3 + len(str(made)) <= WIDTH - 8:
            return made
        put = made.args[0].value
        within = put.args[0].value if isinstance(put, py.Call) and put.args else None
        long = INDENT + len(target) + 3 + len(str(put)) > WIDTH
        if long and isinstance(put, py.Call) and isinstance(within, py.Call):
            lines.append(py.Assign(str(target), within))
            put = py.Call(put.callee, (py.Arg(py.Atom(str(target))), *put.args[1:]))
        lines.append(py.Assign(str(target), put))
        rest = (py.Arg(py.Atom(str(target))), *made.args[1:])
        return py.Call(made.callee, rest)

    def parted(self, made: py.Expr, target: str | Target, lines: list[py.Statement]) -> py.Expr:
        """A call of several inputs: where it is too long for a line, the first gets its own."""
        if not isinstance(made, py.Call) or len(made.args) < 2:
            return made
        first, *others = made.args
        fits = INDENT + len(target) + 3 + len(str(made)) <= WIDTH
        if fits or not isinstance(first.value, py.Call):
            return made
        name = py.Atom(self.part())
        lines.append(py.Assign(name, first.value))
        return py.Call(made.callee, (replace(first, value=name), *others))

    def is_head(self, m: Merged) -> bool:
        if m.kind in ("call", "scope"):
            return m.module is not None
        return bool(
            m.kind == "apply"
            and m.module is not None
            and m.inputs
            and self.w.makes.get(id(m)) is not None
            and m.flow.factory is None
            and not isinstance(m.flow.op, QUIET)
        )

    def takes(self, m: Merged) -> bool:
        """Whether a value takes the next layer of a list: such must be written in order."""
        return m.module is not None and takes(self.elements.get(str(m.module[0])))

    # -- names of the parts of a chain

    def target(self, name: str, value: Merged) -> str | Target:
        """The wire's own name for the parts of its chain, unless the chain still needs it."""
        needed = any(m.kind == "wire" and m.flow.name == name for m in self.beside(value))
        return Target(self.part) if needed else self.local(name)

    def fresh_target(self, value: Merged) -> Target:
        """A name for the parts of a chain whose result has none."""
        source = value
        while source.inputs and len(source.inputs) == 1:
            source = source.inputs[0]
        name = source.flow.name if source.kind == "wire" and not source.flow.is_list else ""

        def give() -> str:
            if name and name not in self.w.definition.inputs and self.is_done(name, 1):
                return self.local(name)
            if self.is_done("x", int(name == "x")):
                return self.local("x")
            return self.part()

        return Target(give)

    def is_done(self, name: str, reads: int) -> bool:
        """Whether nothing reads a wire any more, once so many reads of the statement that is being
        written have been."""
        own = [t for n, t in self.w.instances[0].inputs if n == name]
        if any(not fixed(s) for t in own for s in t.shape):  # its size may be read
            return False
        if any(isinstance(r.step, Merged) for r in self.rounds) or self.now is None:
            return False
        if name in self.enclosed:
            return False
        written = self.now.statement.names if self.now.kind == "bind" else ()
        names = [name, *self.aliases.get(name, ())]
        if any(later.reads(n) for later in self.later for n in names if n not in written):
            return False
        held = {n for _, value in self.outputs for n in py.names_in(str(value))}
        read = sum(1 for n in read_by(self.now) if n in names)
        return self.locals.get(name) not in held and read == reads

    def beside(self, value: Merged) -> Any:
        """What a chain reads after its first value: the other inputs of its layers."""
        while True:
            for m in (*value.inputs[1:], *value.named.values()):
                yield from flows(m)
            if value.body is not None and value.kind in ("repeat", "copies", "each"):
                begins = value.kind == "repeat" and all(i.kind == "wire" for i in value.inputs)
                early = {id(held) for _, held in self.before(value.body)} if begins else set()
                read = [m for m in value.body.inputs if id(m) not in early]
                inner = [value.body.body] if value.body.body is not None else []
                for m in (*read, *value.body.named.values(), *inner):
                    yield from flows(m)
            if not value.inputs:
                return
            value = value.inputs[0]

    # -- shapes behind the lines

    def memory(self, t: Tensor) -> tuple[int, ...]:
        return tuple(put(size, self.dims) for size in t.stored) if self.dims else t.stored

    def shape(self, t: Tensor) -> str:
        batch = [] if t.common else ["B"]
        return "[" + ", ".join([*batch, *map(str, self.memory(t))]) + "]"

    def comment(self, types: list[Tensor]) -> str:
        """The shape of a value, where it changed; only in a model of which there is one."""
        if not self.arguments.is_model or len({self.memory(t) for t in types}) != 1:
            return ""
        memory = self.memory(types[0])
        if memory == self.shown:
            return ""
        self.shown = memory
        return self.shape(types[0])
