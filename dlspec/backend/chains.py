"""Long chains of a forward pass, cut into statements where a person would begin a line."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import replace
from typing import Any

from dlspec.backend.classes import ClassWriter
from dlspec.backend.loops import Loops
from dlspec.backend.merge import Merged, flows, holes_in
from dlspec.emit import python as py
from dlspec.emit.text import WIDTH
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


class Chains(Loops):
    """What `Forward` knows of chains."""

    def __init__(self, writer: ClassWriter) -> None:
        super().__init__(writer)
        self.ordered = False
        """Whether the value that is being written takes several layers of lists in turn."""

    @abstractmethod
    def applied(
        self, m: Merged, lines: list[py.Statement], arriving: py.Expr | None
    ) -> py.Expr: ...

    def chain(self, value: Merged, target: str, lines: list[py.Statement]) -> py.Expr:
        """A value whose long chain is cut into statements: in a model, which has shapes behind
        them, one for each layer with work."""
        before = self.ordered
        self.ordered = sum(1 for x in flows(value) if self.takes(x)) > 1
        try:
            return self.cut(value, target, lines)
        finally:
            self.ordered = before

    def cut(self, value: Merged, target: str, lines: list[py.Statement]) -> py.Expr:
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
                made, heavy = py.Atom(target), False
            works = head and heavy and (self.is_model or len(str(made)) > SHORT)
            breaks = works or node.kind == "repeat" or self.too_long(node, made, target)
            if breaks or (self.reads_twice(node, 0) and not isinstance(made, py.Atom)):
                self.store(target, made, types, lines)
                made, heavy = py.Atom(target), False
            if node.kind == "repeat":
                made = self.repeat(node, [made], target, lines)
                heavy = False
            else:
                made = self.prepared(node, self.applied(node, lines, made), target, lines)
                heavy = heavy or head
            types = [f.types[0] for _, f in node.uses]
        return made

    def store(self, target: str, made: py.Expr, types: Any, lines: list[py.Statement]) -> None:
        if made != py.Atom(target) and not isinstance(made, py.Atom):
            lines.append(py.Assign(target, made, self.comment(types) if types else ""))
        elif made != py.Atom(target):
            lines.append(py.Assign(target, made))

    def reads_twice(self, m: Merged, i: int | str) -> bool:
        """Whether the code of an op reads an input more than once: that must be a name."""
        return sum(1 for h in holes_in(self.w.calls.get(id(m))) if h.what == i) > 1

    def too_long(self, node: Merged, made: py.Expr, target: str) -> bool:
        if isinstance(made, py.Atom):
            return False
        return INDENT + len(target) + 3 + len(str(made)) > WIDTH - 16

    def prepared(
        self, node: Merged, made: py.Expr, target: str, lines: list[py.Statement]
    ) -> py.Expr:
        """A call whose input is prepared in place (pads): in a line of its own if too long."""
        code = self.w.calls.get(id(node))
        if not isinstance(code, py.Call) or not code.args or not isinstance(made, py.Call):
            return made
        if not isinstance(code.args[0].value, py.Call):
            return made
        if INDENT + len(target) + 3 + len(str(made)) <= WIDTH - 8:
            return made
        lines.append(py.Assign(target, made.args[0].value))
        rest = (py.Arg(py.Atom(target)), *made.args[1:])
        return py.Call(made.callee, rest)

    def parted(self, made: py.Expr, target: str, lines: list[py.Statement]) -> py.Expr:
        """A call of several inputs: where it is too long for a line, the first gets its own."""
        if not isinstance(made, py.Call) or len(made.args) < 2:
            return made
        first, *others = made.args
        fits = INDENT + len(target) + 3 + len(str(made)) <= WIDTH
        if fits or not isinstance(first.value, py.Call):
            return made
        name = py.Atom(self.fresh("h"))
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

    def target(self, name: str, value: Merged) -> str:
        """The wire's own name for the parts of its chain, unless the chain still needs it."""
        needed = sum(1 for m in self.beside(value) if m.kind == "wire" and m.flow.name == name)
        return self.fresh("h") if needed else self.local(name)

    def fresh_target(self, value: Merged) -> str:
        """A name for the parts of a chain whose result has none."""
        source = value
        while source.inputs:
            source = source.inputs[0]
        beside = {m.flow.name for m in self.beside(value) if m.kind == "wire"}
        name = source.flow.name if source.kind == "wire" else "x"
        if source.kind == "wire" and name not in beside and name not in self.w.definition.inputs:
            return self.local(name)
        if "x" in self.locals and ("x" in beside or self.reads.get("x", 0) > 1):
            return self.fresh("h")
        return self.local("x")

    def beside(self, value: Merged) -> Any:
        """What a chain reads after its first value: the other inputs of its layers."""
        while True:
            for m in (*value.inputs[1:], *value.named.values()):
                yield from flows(m)
            if value.body is not None and value.kind in ("repeat", "copies"):
                yield from flows(value.body)
            if not value.inputs:
                return
            value = value.inputs[0]

    # -- shapes behind the lines

    def memory(self, t: Tensor) -> tuple[int, ...]:
        return t.stored

    def shape(self, t: Tensor) -> str:
        batch = [] if t.common else ["B"]
        return "[" + ", ".join([*batch, *map(str, self.memory(t))]) + "]"

    def comment(self, types: list[Tensor]) -> str:
        """The shape of a value, where it changed; only in a model, which is concrete."""
        if not self.is_model or len({self.memory(t) for t in types}) != 1:
            return ""
        memory = self.memory(types[0])
        if memory == self.shown:
            return ""
        self.shown = memory
        return self.shape(types[0])
