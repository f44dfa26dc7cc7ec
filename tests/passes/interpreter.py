"""Runs a model of the IR in NumPy, with every array as it is kept.

Each op reads its inputs in the order that it needs, whatever the pass says of them: convolution and
pooling channels-last (where `laid_out`), Flatten and Dense in logical order, and elementwise ops as
they come. A border that lacks its permutation therefore gives other numbers, or none.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from dlspec.ir import model as ir
from dlspec.passes.batch import Expand, Only
from dlspec.passes.permute import Permute

sys.path[:0] = [str(Path(__file__).parents[1] / "backends" / "torch")]

from reference import REFERENCES  # noqa: E402

Array = np.ndarray
LAST = {
    *("Conv1D", "Conv2D", "Conv3D", "ConvTranspose2D", "SeparableConv2D", "DepthwiseConv2D"),
    *("MaxPool1D", "MaxPool2D", "MaxPool3D", "AvgPool1D", "AvgPool2D", "AdaptiveMaxPool2D"),
}
EITHER = {
    *("ReLU", "Sigmoid", "Softmax", "BatchNorm", "LayerNorm", "PReLU", "Concat", "add", "multiply"),
    *("GlobalAvgPool2D", "GlobalMaxPool2D", "mean", "sum", "Dropout", "Identity"),
    *("sigmoid", "subtract"),
}


def to_last(x: Array) -> Array:
    return np.moveaxis(x, 1, -1) if x.ndim > 2 else x


def to_first(x: Array) -> Array:
    return np.moveaxis(x, -1, 1) if x.ndim > 2 else x


@dataclass
class Interpreter:
    model: ir.ModelIR
    laid_out: bool
    weights: dict[str, Array] = field(default_factory=dict)
    permutes: int = 0

    def run(self, **inputs: Array) -> dict[str | None, Array]:
        """The outputs for inputs in logical order."""
        root = self.model.root
        kept = {n: to_last(inputs[n]) if t.last else inputs[n] for n, t in root.inputs}
        outputs = self.instance(root, kept, ())
        assert not any(t.last for _, t in root.outputs)
        return {name: y for (name, _), y in zip(root.outputs, outputs, strict=True)}

    def instance(self, it: ir.Instance, env: dict[str, Any], prefix: ir.Path) -> list[Array]:
        found: list[Array] = []
        for s in ir.statements(it.body):
            values = self.flow(s.value, env, [], prefix)
            if isinstance(s, ir.Output):
                found += values
            elif len(s.names) == 1:
                alone = len(values) == 1 and not ir.is_list(s.value)
                env[s.names[0]] = values[0] if alone else values
            else:
                env.update(zip(s.names, values, strict=True))
        return found

    def flow(self, f: Any, env: dict[str, Any], carry: list[Array], prefix: ir.Path) -> list[Array]:
        found = self.value(f, env, carry, prefix)
        for y, t in zip(found, f.types, strict=True):
            assert y.shape[1:] == tuple(map(int, t.stored)), (f, y.shape)
        return found

    def value(self, f: Any, env: dict[str, Any], carry: Any, prefix: ir.Path) -> list[Array]:
        match f:
            case ir.Wire():
                return [env[f.name]] if isinstance(env[f.name], np.ndarray) else env[f.name]
            case ir.Carry():
                return [carry[f.index]]
            case ir.Scalar():
                return [np.asarray(float(f.value.value))[None]]
            case ir.Select():
                return [self.flow(f.value, env, carry, prefix)[f.index]]
            case ir.Items() | ir.Join():
                return [y for i in f.inputs for y in self.flow(i, env, carry, prefix)]
            case ir.Slice():
                return self.flow(f.value, env, carry, prefix)[f.start : f.stop : f.step]
            case ir.Scope():
                given = [self.flow(i, env, carry, prefix)[0] for i in f.inputs]
                return self.flow(f.body, env, given, prefix)
            case ir.Repeat():
                given = [self.flow(i, env, carry, prefix)[0] for i in f.inputs]
                for body in f.bodies:
                    given = self.flow(body, env, given, prefix)
                return given
            case ir.Copies():
                given = [self.flow(i, env, carry, prefix)[0] for i in f.inputs]
                return [y for body in f.bodies for y in self.flow(body, env, given, prefix)]
            case ir.Call():
                given = [self.flow(i, env, carry, prefix)[0] for i in f.inputs]
                made = self.model.instances[f.instance]
                names = [n for n, _ in made.inputs if n not in f.named]
                inner = dict(zip(names, given, strict=True))
                inner |= {n: self.flow(i, env, carry, prefix)[0] for n, i in f.named.items()}
                return self.instance(made, inner, (*prefix, *f.module))
            case ir.Apply():
                return self.apply(
                    f, [self.flow(i, env, carry, prefix)[0] for i in f.inputs], prefix
                )
        raise TypeError(f)

    def apply(self, f: ir.Apply, x: list[Array], prefix: ir.Path) -> list[Array]:
        kind = f.op.kind()
        if isinstance(f.op, Permute):
            self.permutes += 1
            return [to_last(x[0]) if f.op.order == "last" else to_first(x[0])]
        if isinstance(f.op, Expand | Only):
            return [np.broadcast_to(x[0], (len(x[-1]), *x[0].shape[1:]))]
        name = ir.dotted(*prefix, *(f.module or ()))
        weights = {}
        for w in f.op.weights(*(i.types[0] for i in f.inputs)):
            own = ir.dotted(name, w.name)
            if own not in self.weights:
                rng = np.random.default_rng(len(self.weights))
                self.weights[own] = rng.uniform(0.2, 1.5, tuple(map(int, w.shape)))
            weights[w.name] = self.weights[own]
        if kind == "Transposed":
            weights = {"weight": self.weights[f"{name}.weight"]}
        works_last = self.laid_out and (kind in LAST or (kind in EITHER and f.channels_last))
        if kind == "Dense" and f.op.axis == 0:
            works_last = f.channels_last
        free = kind == "Rearrange"
        works_last = works_last or (free and f.inputs[0].types[0].last)
        if kind == "getitem":
            works_last = self.laid_out and f.inputs[0].types[0].last
        logical = [to_first(v) if works_last else v for v in x]
        y = REFERENCES[kind](f.op, logical, weights)
        last = f.types[0].last if free or kind == "getitem" else works_last
        if kind in ("mean", "sum") and f.op.axis is not None:
            axes = f.op.axis if isinstance(f.op.axis, tuple) else (f.op.axis,)
            last = works_last and 0 not in axes
        if kind in ("Reshape", "Flatten") and f.types[0].last:
            assert sum(n > 1 for n in y.shape[1:]) <= 1 or 1 in y.shape[1:2]
            last = True
        return [to_last(y) if last else y]
