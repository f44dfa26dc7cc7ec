"""Derivatives, for a framework that differentiates functions: the statements between a wire and
what is differentiated with respect to it become a function of the wire."""

from __future__ import annotations

import ast
from collections.abc import Iterable
from dataclasses import dataclass

from dlspec.backend.chains import Chains
from dlspec.backend.classes import ClassWriter
from dlspec.backend.merge import Merged, Step, flows
from dlspec.backend.protocol import UnsupportedOp
from dlspec.backend.walks import all_steps
from dlspec.emit import python as py
from dlspec.emit.statements import Page, suite
from dlspec.emit.text import WIDTH
from dlspec.ops.derivatives import gradient


@dataclass(eq=False)
class Derivative(Step):
    """Statements that become a function, of which one derivative is taken."""

    taken: Merged | None = None
    name: str = ""
    """The wire that the next statement writes it to."""


def crossed(wire: str) -> UnsupportedOp:
    """What says that statements cannot become a function of a wire."""
    reason = f"what it reads of `{wire}` is computed in another derivative, a loop or a branch"
    advice = f"call the networks on `{wire}` again: gradient(D({wire}), {wire})"
    return UnsupportedOp("gradient", reason, advice)


def is_derivative(m: Merged) -> bool:
    return m.kind == "apply" and isinstance(m.flow.op, gradient)


def written(steps: Iterable[Step]) -> set[str]:
    """The wires that some statements write."""
    found = (s for s in all_steps([*steps]) if s.kind in ("bind", "element"))
    return {name for s in found for name in s.statement.names}


def read(values: Iterable[Merged | None]) -> list[str]:
    """The wires that some values read, each as often as it is."""
    found = (m for value in values if value is not None for m in flows(value))
    return [m.flow.name for m in found if m.kind == "wire"]


def read_by(steps: Iterable[Step]) -> list[str]:
    return read(s.value for s in all_steps([*steps]))


def dependent(steps: Iterable[Step], wire: str) -> tuple[list[Step], set[str]]:
    """The statements that read what changes with a wire, and what changes with it behind them."""
    found, names = [], {wire}
    for step in steps:
        if names & {*read_by([step])}:
            found.append(step)
            names |= written([step])
        elif step.kind == "bind":
            names -= written([step])
    return found, names - {wire}


class Derivatives(Chains):
    """What `Forward` knows of derivatives."""

    def __init__(self, writer: ClassWriter) -> None:
        super().__init__(writer)
        self.planned: set[int] = set()
        """The derivatives that have been looked at."""

    def with_functions(self, steps: list[Step]) -> list[Step]:
        """The statements, with those that a derivative needs as a function in front of it.

        Raises:
            UnsupportedOp: they stand elsewhere too.
        """
        if not self.style.functional:
            return steps
        found: list[Step] = []
        for step in steps:
            for m in flows(step.value) if step.value is not None else ():
                if is_derivative(m) and id(m) not in self.planned:
                    self.planned.add(id(m))
                    plain = step.kind == "bind" and step.value is m
                    target = step.statement.names[0] if plain else ""
                    self.move(m, found, target, outermost=steps is self.w.steps)
            found.append(step)
        return found

    def move(self, m: Merged, before: list[Step], target: str, outermost: bool) -> None:
        """Puts those of the statements before a derivative that it goes through in a function."""
        y, x = m.inputs
        wire = x.flow.name
        wanted = {*read([y])} - {wire}
        needed: list[int] = []
        begin = 0
        for i in reversed(range(len(before))):
            step = before[i]
            if wire in written([step]):
                begin = i + 1
                if any(wanted & self.changing(body, wire) for body in step.bodies.values()):
                    raise crossed(wire)
                break
            if wanted & written([step]):
                needed.append(i)
                wanted -= written([step]) if step.kind == "bind" else set()
                wanted |= {*read_by([step])} - {wire}
        else:
            if not outermost and wanted & self.changing(self.w.steps, wire):
                raise crossed(wire)
        through, _ = dependent(before[begin:], wire)
        moved = [i for i in needed if before[i] in through]
        if moved:
            first, last = moved[-1], needed[0]
            made = Derivative("derivative", [], bodies={0: before[first : last + 1]}, taken=m)
            made.name = target if last == len(before) - 1 else ""
            before[first : last + 1] = [made]

    def changing(self, steps: list[Step], wire: str) -> set[str]:
        """What may change with a wire, in whatever order statements run."""
        names, size = {wire}, 0
        while len(names) != size:
            size = len(names)
            for step in all_steps(steps):
                if step.kind == "bind" and names & {*read([step.value])}:
                    names |= {*step.statement.names}
        return names - {wire}

    def function_of(self, step: Derivative, lines: list[py.Statement]) -> None:
        """The function of a derivative. Where other statements read what it computes on its way,
        it gives that too."""
        m, moved = step.taken, step.bodies[0]
        assert m is not None
        inside = [*read_by(moved), *read([m.inputs[0]])]
        names = dict.fromkeys(n for n in self.reads if n in written(moved))
        kept = [self.local(n) for n in names if self.reads[n] > inside.count(n)]
        self.enclosed.update(inside)
        name, own = self.named(m), self.body(moved)
        y = self.chain(m.inputs[0], self.fresh_target(m.inputs[0]), own)
        if not kept:
            lines.append(self.defined(m, name, own, y))
            self.held[id(m)] = self.derivative_of(m, py.Atom(name))
            return
        aux = py.Tuple(tuple(map(py.Atom, kept))) if len(kept) > 1 else py.Atom(kept[0])
        lines.append(self.defined(m, name, own, py.Tuple((y, aux), naked=True)))
        target = self.local(step.name) if self.reads.get(step.name) else ""
        change = py.Atom(target if target and target not in kept else self.fresh("change"))
        call = py.call("gradient_with_aux", py.Atom(name), py.Atom(self.wire(m)))
        lines.append(py.Assign(py.Tuple((change, aux), naked=True), call))
        self.w.helpers.add("gradient_with_aux")
        self.held[id(m)] = change

    def derivative(self, m: Merged, lines: list[py.Statement]) -> py.Expr:
        """The derivative of what one expression computes of a wire."""
        own: list[py.Statement] = []
        y = self.chain(m.inputs[0], self.fresh_target(m.inputs[0]), own)
        if own:
            name = self.named(m)
            lines.append(self.defined(m, name, own, y))
            return self.derivative_of(m, py.Atom(name))
        match y:
            case py.Call(callee=str(name), args=(py.Arg(value=py.Atom() as x, name=""),)):
                if x == py.Atom(self.wire(m)):
                    return self.derivative_of(m, py.Atom(name))
        return self.derivative_of(m, py.Lambda((self.wire(m),), y))

    def derivative_of(self, m: Merged, function: py.Expr) -> py.Expr:
        self.w.helpers |= {"gradient", "gradient_with_aux"}
        return py.call("gradient", function, py.Atom(self.wire(m)))

    def wire(self, m: Merged) -> str:
        """The local name of the wire with respect to which a derivative is taken."""
        return self.local(m.inputs[1].flow.name)

    def named(self, m: Merged) -> str:
        return self.fresh(f"of_{self.wire(m)}")

    def defined(
        self, m: Merged, name: str, own: list[py.Statement], given: py.Expr
    ) -> py.Statement:
        """A function of the wire; what it reads from outside and writes again is a default."""
        body = [*own, py.Return(given)]
        others = [n for n in overwritten(body) if n != self.wire(m)]
        params = [py.Param(self.wire(m)), *(py.Param(n, default=n) for n in others)]
        return py.Function(name, params, body)


def overwritten(body: list[py.Statement]) -> list[str]:
    """The names that a function reads from outside, and then writes."""
    written: set[str] = set()
    found: dict[str, None] = {}
    for statement in ast.parse("\n".join(suite(body, Page(WIDTH)))).body:
        loads, stores = names_of(statement)
        found |= dict.fromkeys(sorted(loads - written))
        written |= stores
    return [name for name in found if name in written]


def names_of(node: ast.AST) -> tuple[set[str], set[str]]:
    """The names that code reads, and those that it writes, where those of functions in it are
    their own."""
    loads: set[str] = set()
    stores: set[str] = set()
    for inner in ast.iter_child_nodes(node):
        found, made = names_of(inner)
        loads, stores = loads | found, stores | made
    match node:
        case ast.Name(id=name, ctx=ast.Load()):
            loads.add(name)
        case ast.Name(id=name) | ast.arg(arg=name):
            stores.add(name)
        case ast.Lambda():
            return loads - stores, set()
        case ast.FunctionDef(name=name, args=args):
            given = [names_of(d)[0] for d in args.defaults]
            return (loads - stores).union(*given), {name}
    return loads, stores
