"""Runs a model's trace op by op, without the planner: what its classes must compute."""

from __future__ import annotations

from collections import OrderedDict
from types import SimpleNamespace
from typing import Any

import torch
import torch.nn.functional as F
from torch import nn

from dlspec.backend.merge import Values, fill, first, unify
from dlspec.backend.protocol import Inputs, Slot, Use
from dlspec.backend.registry import find
from dlspec.emit import python as py
from dlspec.ir import model as ir
from dlspec.passes.batch import batched

SPACE = {
    "Any": Any,
    "torch": torch,
    "Tensor": torch.Tensor,
    "F": F,
    "nn": nn,
    "OrderedDict": OrderedDict,
}


def interpret(
    model: ir.ModelIR, weights: dict[str, torch.Tensor], inputs: dict[str, torch.Tensor]
) -> dict[str, torch.Tensor]:
    """The outputs of a model, from its IR and its weights by their neutral names."""
    model = batched(model)
    found = _Run(model, weights).instance(model.root, (), inputs)
    return {n or "": value for n, value in found}


class _Run:
    def __init__(self, model: ir.ModelIR, weights: dict[str, torch.Tensor]) -> None:
        self.model, self.weights = model, weights

    def instance(
        self, instance: ir.Instance, prefix: ir.Path, inputs: dict[str, torch.Tensor]
    ) -> list[tuple[str | None, torch.Tensor]]:
        wires: dict[str, Any] = dict(inputs)
        outputs: list[tuple[str | None, torch.Tensor]] = []
        self.body(instance.body, instance, prefix, wires, outputs)
        return outputs

    def body(self, body: Any, at: ir.Instance, prefix: ir.Path, wires: Any, outputs: Any) -> None:
        for s in body:
            match s:
                case ir.Bind(names=names):
                    value = self.flow(s.value, at, prefix, wires, ())
                    values = value if len(names) > 1 else (value,)
                    wires.update(zip(names, values, strict=True))
                case ir.Output():
                    value = self.flow(s.value, at, prefix, wires, ())
                    outputs.append((s.name, value))
                    if s.name:
                        wires[s.name] = value
                case ir.Branch():
                    self.body(s.body, at, prefix, wires, outputs)
                case ir.Loop():
                    for iteration in s.iterations:
                        self.body(iteration, at, prefix, wires, outputs)

    def flow(self, f: Any, at: ir.Instance, prefix: ir.Path, wires: Any, carried: Any) -> Any:
        def inner(g: Any, c: Any = carried) -> Any:
            return self.flow(g, at, prefix, wires, c)

        match f:
            case ir.Wire():
                return wires[f.name]
            case ir.Carry():
                return carried[f.index]
            case ir.Scalar():
                return f.value.value
            case ir.Select():
                return inner(f.value)[f.index]
            case ir.Items():
                return tuple(map(inner, f.inputs))
            case ir.Join():
                return tuple(v for g in f.inputs for v in inner(g))
            case ir.Slice():
                return inner(f.value)[f.start : f.stop : f.step]
            case ir.Repeat():
                values = tuple(map(inner, f.inputs))
                for body in f.bodies:
                    made = inner(body, values)
                    values = made if isinstance(made, tuple) else (made,)
                return values if len(values) > 1 else values[0]
            case ir.Copies():
                values = tuple(map(inner, f.inputs))
                return tuple(inner(body, values) for body in f.bodies)
            case ir.Scan():
                given = [inner(g) for g in f.inputs]
                ends = f.sequences + f.states
                for i in range(f.sequences, ends):
                    if not isinstance(given[i], torch.Tensor):
                        size = (len(given[0]), *f.inputs[i].types[0].shape)
                        given[i] = torch.full(size, float(given[i]))
                states, steps = given[f.sequences : ends], []
                for t in range(given[0].shape[1]):
                    read = (*(x[:, t] for x in given[: f.sequences]), *states, *given[ends:])
                    made = inner(f.body, read)
                    steps.append(made[: len(f.types)])
                    states = made[len(f.types) :]
                stacked = tuple(torch.stack(y, 1) for y in zip(*steps, strict=True))
                return stacked if len(stacked) > 1 else stacked[0]
            case ir.Scope():
                return inner(f.body, tuple(map(inner, f.inputs)))
            case ir.Call():
                child = self.model.instances[f.instance]
                names = [n for n, _ in child.inputs]
                given = dict(zip(names, map(inner, f.inputs), strict=True))
                made = self.instance(child, (*prefix, *f.module), given)
                return made[0][1] if len(made) == 1 else tuple(v for _, v in made)
            case ir.Apply():
                return self.apply(f, at, prefix, [inner(g) for g in f.inputs])

    def apply(self, f: ir.Apply, at: ir.Instance, prefix: ir.Path, x: list[Any]) -> Any:
        scalars = {
            i: Slot(g.value.value) for i, g in enumerate(f.inputs) if isinstance(g, ir.Scalar)
        }
        types = tuple(g.types[0] for g in f.inputs)
        use = Use(f.op, types, {}, f.types, f.origins, scalars=scalars)
        backend = find("torch")
        if backend.style.identity(f.op):
            return x[0]
        emitted = backend.layers[type(f.op)](use)
        for helper in emitted.helpers:
            exec(backend.style.helpers[helper], SPACE)
        layer = None
        if emitted.make is not None:
            layer = eval(str(_concrete(emitted.make, at)), dict(SPACE))
            if not isinstance(layer, nn.Module):
                return self.weights.get(ir.dotted(*prefix, *(f.module or ())), layer)
            layer.eval()
            own = ir.dotted(*prefix, *(f.module or ())) + "."
            state = {n[len(own) :]: t for n, t in self.weights.items() if n.startswith(own)}
            layer.load_state_dict(state, strict=False)
        elif f.module is not None:
            own = ir.dotted(*prefix, *f.module)
            layer = SimpleNamespace(weight=self.weights.get(f"{own}.weight"))
        names = {f"x{i}": value for i, value in enumerate(x)}
        call = _concrete(emitted.call, at, len(x))
        return eval(str(call), {**SPACE, **names, "layer": layer})


def _concrete(code: Any, at: ir.Instance, inputs: int = 0) -> Any:
    def put(c: Any) -> Any:
        if isinstance(c, Values):
            return None if c.omitted else py.literal(c.slots[0][1].value)
        if isinstance(c, Inputs):
            return py.Tuple(tuple(py.Atom(f"x{i}") for i in range(inputs)))
        return py.Atom("layer" if c.what == "self" else f"x{c.what}")

    return fill(unify([(first(at), code)]), put)
