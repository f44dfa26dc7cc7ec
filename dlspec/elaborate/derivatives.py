"""`gradient(y, x)` in an objective: which wires a value is computed from, so that it has one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from dlspec.ir import model as ir
from dlspec.tensor import FLOATS

Version = tuple[str, int]
"""A wire, and how often it had been written before: `x = ...` again makes a new one."""
KIND = "gradient"


def unreached(
    inputs: Sequence[str], body: Sequence[ir.Statement]
) -> Iterator[tuple[ir.Apply, str]]:
    """The derivatives of values that do not change with their wire, each with the wire's name."""
    walk = _Walk(inputs)
    for s in ir.statements(tuple(body)):
        found = walk.read(s.value)
        yield from walk.wrong
        walk.wrong.clear()
        if isinstance(s, ir.Bind):
            walk.write(s.names, found)


class _Walk:
    """Goes through a body in order, and keeps what each wire is computed from."""

    def __init__(self, inputs: Sequence[str]) -> None:
        self.now: dict[str, Version] = {}
        self.made_of: dict[str, frozenset[Version]] = {}
        self.wrong: list[tuple[ir.Apply, str]] = []
        for name in inputs:
            self.write((name,), frozenset())

    def write(self, names: Sequence[str], found: frozenset[Version]) -> None:
        for name in names:
            count = self.now[name][1] + 1 if name in self.now else 0
            self.now[name] = (name, count)
            self.made_of[name] = found | {self.now[name]}

    def read(self, flow: ir.Flow) -> frozenset[Version]:
        """What a value changes with: nothing, where no gradient flows."""
        found: frozenset[Version] = frozenset()
        match flow:
            case ir.Wire():
                return self.made_of.get(flow.name, found)
            case ir.Apply() | ir.Call() | ir.Compare():
                parts = [self.read(f) for f in (*flow.inputs, *flow.named.values())]
                if isinstance(flow, ir.Apply) and flow.op.kind() == KIND:
                    self.check(flow, parts[0])
            case ir.Select() | ir.Slice():
                parts = [self.read(flow.value)]
            case ir.Repeat() | ir.Copies():
                parts = [self.read(f) for f in (*flow.inputs, *flow.bodies)]
            case ir.Scope() | ir.Scan():
                parts = [self.read(f) for f in (*flow.inputs, flow.body)]
            case ir.Items() | ir.Join() | ir.Net() | ir.Mode():
                parts = [self.read(f) for f in flow.inputs]
            case _:
                parts = []
        stops = isinstance(flow, ir.Apply) and flow.op.kind() == "stop_gradient"
        if stops or all(t.dtype not in FLOATS for t in flow.types):
            return found
        return found.union(*parts)

    def check(self, flow: ir.Apply, made_of: frozenset[Version]) -> None:
        wire = flow.inputs[1]
        assert isinstance(wire, ir.Wire)
        if self.now.get(wire.name) not in made_of:
            self.wrong.append((flow, wire.name))
