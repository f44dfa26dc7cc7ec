"""What a model computes, from its IR and the definitions of its ops in NumPy: no framework."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np

from dlspec.expr import fixed
from dlspec.ir import model as ir
from dlspec.length import Dynamic, put

Array = np.ndarray


def _references() -> Mapping[str, Any]:
    sys.path[:0] = [str(Path(__file__).parents[1] / "backends" / "torch")]
    module = import_module("reference")
    found: Mapping[str, Any] = module.REFERENCES
    return found


REFERENCES = _references()


SIZES: dict[str, int] = {}
"""The dynamic sizes of the inputs, by their names."""


def settled(value: Any) -> Any:
    """An argument of an op whose dynamic sizes are known now."""
    if isinstance(value, tuple):
        return tuple(map(settled, value))
    return put(value, SIZES) if isinstance(value, Dynamic) else value


def outputs(model: ir.ModelIR, x: Mapping[str, Array], weights: Mapping[str, Array]) -> Any:
    """Every output by its name, in float64."""
    values = [a.astype(np.float64) if a.dtype.kind == "f" else a for a in x.values()]
    names = [name or "output" for name, _ in model.root.outputs]
    SIZES.clear()
    for (_, t), a in zip(model.root.inputs, x.values(), strict=True):
        SIZES.update((str(size), n) for size, n in zip(t.shape, a.shape[1:], strict=True))
    made = _instance(model, model.root, values, (), weights)
    made = [np.broadcast_to(y, (len(values[0]), *y.shape[1:])) for y in made]
    return dict(zip(names, made, strict=True))


def _instance(
    model: ir.ModelIR, of: ir.Instance, values: list[Array], path: ir.Path, weights: Any
) -> list[Array]:
    wires = dict(zip((name for name, _ in of.inputs), values, strict=True))
    made: list[Array] = []
    for s in ir.statements(of.body, training=False):
        found = _Flow(model, wires, path, weights, []).value(s.value)
        if isinstance(s, ir.Bind) and ir.is_list(s.value):
            wires[s.names[0]] = found
        elif isinstance(s, ir.Bind):
            wires.update(zip(s.names, found, strict=True))
        else:
            made += found
            if s.name is not None:
                wires[s.name] = found[0]
    return made


class _Flow:
    def __init__(
        self, model: ir.ModelIR, wires: Any, path: ir.Path, weights: Any, carried: list[Array]
    ) -> None:
        self.model, self.wires, self.path = model, wires, path
        self.weights, self.carried = weights, carried

    def value(self, flow: ir.Flow) -> list[Array]:
        match flow:
            case ir.Wire():
                found = self.wires[flow.name]
                return found if flow.is_list else [found]
            case ir.Carry():
                return [self.carried[flow.index]]
            case ir.Scalar():
                return [np.asarray(float(flow.value.value))[None]]
            case ir.Select():
                return [self.value(flow.value)[flow.index]]
            case ir.Items() | ir.Join():
                return [a for f in flow.inputs for a in self.value(f)]
            case ir.Slice():
                return self.value(flow.value)[flow.start : flow.stop : flow.step]
            case ir.Mode():
                return self.value(flow.inputs[1])
            case ir.Apply():
                return self.apply(flow)
            case ir.Call():
                return self.call(flow)
            case ir.Scope():
                inner = [a for f in flow.inputs for a in self.value(f)]
                inside = _Flow(self.model, self.wires, self.path, self.weights, inner)
                return inside.value(flow.body)
            case ir.Scan():
                return self.scan(flow)
            case ir.Repeat():
                carried = [a for f in flow.inputs for a in self.value(f)]
                for body in flow.bodies:
                    inside = _Flow(self.model, self.wires, self.path, self.weights, carried)
                    carried = inside.value(body)
                return carried
            case ir.Copies():
                given = [a for f in flow.inputs for a in self.value(f)]
                inside = _Flow(self.model, self.wires, self.path, self.weights, given)
                return [a for body in flow.bodies for a in inside.value(body)]
        raise TypeError(flow)

    def scan(self, flow: ir.Scan) -> list[Array]:
        given = [a for f in flow.inputs for a in self.value(f)]
        rows, ends = len(given[0]), flow.sequences + flow.states
        for i, f in enumerate(flow.inputs[flow.sequences : ends], flow.sequences):
            if isinstance(f, ir.Scalar):
                shape = (rows, *(int(n) for n in f.types[0].shape))
                given[i] = np.full(shape, given[i].item())
        read, states, same = given[: flow.sequences], given[flow.sequences : ends], given[ends:]
        steps: list[list[Array]] = []
        for t in range(read[0].shape[1]):
            arriving = [*(x[:, t] for x in read), *states, *same]
            inside = _Flow(self.model, self.wires, self.path, self.weights, arriving)
            made = inside.value(flow.body)
            steps.append(made[: len(flow.types)])
            states = made[len(flow.types) :]
        return [np.stack(y, 1) for y in zip(*steps, strict=True)]

    def apply(self, flow: ir.Apply) -> list[Array]:
        x = [a for f in flow.inputs for a in self.value(f)]
        x += [a for n in flow.op.named if n in flow.named for a in self.value(flow.named[n])]
        types = tuple(f.types[0] for f in flow.inputs)
        prefix = ir.dotted(*self.path, *(flow.module or ()))
        own = {
            w.name: self.weights[ir.dotted(prefix, w.name)].astype(np.float64)
            for w in flow.op.weights(*types)
        }
        if flow.op.kind() == "Transposed":
            own = {"weight": self.weights[f"{prefix}.weight"].astype(np.float64)}
        rows = max(map(len, x), default=1)
        x = [np.broadcast_to(a, (rows, *a.shape[1:])) for a in x]
        given = {n: settled(getattr(flow.op, n)) for n in type(flow.op).model_fields}
        op = flow.op.model_copy(update={n: v for n, v in given.items() if fixed(v)})
        made = REFERENCES[flow.op.kind()](op, x, own)
        return list(made) if isinstance(made, list) else [made]

    def call(self, flow: ir.Call) -> list[Array]:
        instance = self.model.instances[flow.instance]
        given = [a for f in flow.inputs for a in self.value(f)]
        by_name = {n: self.value(f)[0] for n, f in flow.named.items()}
        names = [n for n, _ in instance.inputs]
        free = iter(given)
        values = [by_name[n] if n in by_name else next(free) for n in names]
        return _instance(self.model, instance, values, (*self.path, *flow.module), self.weights)
