"""The memory that the activations of a model need at once: an estimate, without running it.

Tensors live from the op that makes them to the last that reads them. Views take nothing.
Activations, norms and arithmetic work in place where nothing reads their first input later: in
inference they are fused into what comes before them, or may write over it. What a kernel needs for
itself, and the alignment of buffers, are not counted.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from dlspec.cost import BYTES, VIEWS
from dlspec.ir import model as ir
from dlspec.ops.window import Windowed
from dlspec.tensor import Tensor


@dataclass(frozen=True)
class Buffer:
    """A tensor in memory; two of equal size are still two."""

    number: int
    size: int
    """Bytes, for one example."""


@dataclass(frozen=True)
class Step:
    """One op: what it reads, what it makes, and whether it may write over its first input."""

    reads: tuple[Buffer, ...]
    makes: tuple[Buffer, ...]
    in_place: bool


def peak(model: ir.ModelIR, float_bytes: int = 4) -> int:
    """Bytes of the activations that are alive together, at most, for one example."""
    walk = _Walk(model, float_bytes)
    inputs = [walk.buffer(t) for _, t in model.root.inputs]
    outputs = walk.instance(model.root, inputs)
    return _peak(walk.steps, inputs, outputs)


def _peak(steps: list[Step], inputs: list[Buffer], outputs: list[Buffer]) -> int:
    last = {b: i for i, s in enumerate(steps) for b in s.reads}
    last |= {b: len(steps) for b in outputs}
    alive = set(inputs)
    most = sum(b.size for b in alive)
    for i, step in enumerate(steps):
        reused = step.in_place and last[step.reads[0]] == i
        if not reused:
            alive |= set(step.makes)
        most = max(most, sum(b.size for b in alive))
        if reused:
            alive |= set(step.makes)
        alive = {b for b in alive if last.get(b, -1) > i}
    return most


Wires = dict[str, list[Buffer]]
"""The buffers of each wire: of a list, one for each element."""


class _Walk:
    """Runs a model on buffers instead of numbers."""

    def __init__(self, model: ir.ModelIR, float_bytes: int) -> None:
        self.model, self.float_bytes = model, float_bytes
        self.steps: list[Step] = []
        self.count = 0

    def buffer(self, t: Tensor) -> Buffer:
        self.count += 1
        each = self.float_bytes if t.dtype == "f32" else BYTES[t.dtype]
        return Buffer(self.count, t.size * each)

    def instance(self, of: ir.Instance, values: list[Buffer]) -> list[Buffer]:
        wires: Wires = {name: [b] for (name, _), b in zip(of.inputs, values, strict=True)}
        made: list[Buffer] = []
        for s in ir.statements(of.body, training=False):
            found = self.value(s.value, wires, [])
            if isinstance(s, ir.Bind):
                if len(s.names) == 1:
                    wires[s.names[0]] = found
                else:
                    wires.update((n, [b]) for n, b in zip(s.names, found, strict=True))
            elif isinstance(s, ir.Output):
                made += found
                if s.name is not None:
                    wires[s.name] = found
        return made

    def value(self, flow: ir.Flow, wires: Wires, carried: list[Buffer]) -> list[Buffer]:
        match flow:
            case ir.Wire():
                return wires[flow.name]
            case ir.Carry():
                return [carried[flow.index]]
            case ir.Scalar():
                return []
            case ir.Select():
                return [self.value(flow.value, wires, carried)[flow.index]]
            case ir.Items() | ir.Join():
                return [b for f in flow.inputs for b in self.value(f, wires, carried)]
            case ir.Slice():
                whole = self.value(flow.value, wires, carried)
                return whole[flow.start : flow.stop : flow.step]
            case ir.Apply():
                return self.apply(flow, list(self.read(flow, wires, carried)))
            case ir.Call():
                return self.call(flow, wires, carried)
            case ir.Scope():
                inner = [b for f in flow.inputs for b in self.value(f, wires, carried)]
                return self.value(flow.body, wires, inner)
            case ir.Scan():
                inner = [b for f in flow.inputs for b in self.value(f, wires, carried)]
                starts = [self.buffer(f.types[0]) for f in flow.inputs if isinstance(f, ir.Scalar)]
                ends = flow.sequences + flow.states - len(starts)
                inner[ends:ends] = starts
                self.value(flow.body, wires, inner)
                makes = [self.buffer(t) for t in flow.types]
                self.steps.append(Step(tuple(inner), tuple(makes), False))
                return makes
            case ir.Repeat():
                inner = [b for f in flow.inputs for b in self.value(f, wires, carried)]
                for body in flow.bodies:
                    inner = self.value(body, wires, inner)
                return inner
            case ir.Copies():
                inner = [b for f in flow.inputs for b in self.value(f, wires, carried)]
                return [b for body in flow.bodies for b in self.value(body, wires, inner)]
            case ir.Mode():
                return self.value(flow.inputs[1], wires, carried)
            case ir.Net() | ir.Compare():
                raise TypeError(f"a model has no {flow.kind}")

    def read(
        self, flow: ir.Apply | ir.Call, wires: Wires, carried: list[Buffer]
    ) -> Iterator[Buffer]:
        for f in (*flow.inputs, *flow.named.values()):
            yield from self.value(f, wires, carried)

    def apply(self, flow: ir.Apply, reads: list[Buffer]) -> list[Buffer]:
        if flow.op.kind() in VIEWS:
            return reads[:1]
        makes = [self.buffer(t) for t in flow.types]
        types = tuple(f.types[0] for f in flow.inputs)
        fits = bool(reads) and len(makes) == 1 and makes[0].size == reads[0].size
        own = bool(flow.op.macs(*types)) or isinstance(flow.op, Windowed)
        self.steps.append(Step(tuple(reads), tuple(makes), fits and not own))
        return makes

    def call(self, flow: ir.Call, wires: Wires, carried: list[Buffer]) -> list[Buffer]:
        instance = self.model.instances[flow.instance]
        by_name = {n: self.value(f, wires, carried)[0] for n, f in flow.named.items()}
        free = iter([b for f in flow.inputs for b in self.value(f, wires, carried)])
        values = [by_name[n] if n in by_name else next(free) for n, _ in instance.inputs]
        return self.instance(instance, values)
