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
        self.is_model = writer.definition.kind == "model"
        self.is_root = self.is_model and writer.instances[0] is writer.planner.model.root
        """Whether it is the model itself: one that another model uses is called as a block is."""
        self.ordered = False
        """Whether the value that is being written takes several layers of lists in turn."""

    @abstractmethod
    def applied(
        self, m: Merged, lines: list[py.Statement], arriving: py.Expr | None
    ) -> py.Expr: ...

    @abstractmethod
    def comment(self, types: list[Tensor]) -> str: ...

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
