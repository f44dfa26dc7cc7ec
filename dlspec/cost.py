"""What a model costs: parameters, multiply-accumulates and memory, counted without running it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any

from dlspec.frozen import frozen
from dlspec.ir import model as ir
from dlspec.ir.values import plain
from dlspec.ops.base import Op, Weight
from dlspec.ops.init import Init, constant
from dlspec.ops.only_training import OnlyTraining
from dlspec.tensor import Tensor

BYTES = {
    "f64": 8,
    "i64": 8,
    "f32": 4,
    "i32": 4,
    "class": 4,
    "f16": 2,
    "bf16": 2,
    "i8": 1,
    "bool": 1,
}
VIEWS = frozenset({"Flatten", "Reshape", "Identity", "Parameter", "Buffer"})
"""What makes no new tensor in a program for inference, as nothing does that only training knows."""


@frozen
class Parameters:
    """Numbers of weights: what is trained, what is kept fixed, and BatchNorm's statistics."""

    trainable: int = 0
    fixed: int = 0
    statistics: int = 0

    @property
    def learned(self) -> int:
        """trainable + fixed: what a publication calls the parameters of a model."""
        return self.trainable + self.fixed

    @property
    def total(self) -> int:
        return self.learned + self.statistics

    def to_json(self) -> dict[str, int]:
        names = ("trainable", "fixed", "statistics", "learned", "total")
        return {name: getattr(self, name) for name in names}

    @classmethod
    def of(cls, weights: tuple[Weight, ...]) -> Parameters:
        sums = {"trainable": 0, "fixed": 0, "statistics": 0}
        for w in weights:
            sums[w.kind] += w.size
        return cls(**sums)

    def __add__(self, other: Parameters) -> Parameters:
        return Parameters(
            self.trainable + other.trainable,
            self.fixed + other.fixed,
            self.statistics + other.statistics,
        )


@frozen
class LayerCost:
    """One use of a layer. A layer that is used again has its parameters at its first use; what has
    no weights is numbered: `relu`, `relu_2`."""

    name: str
    kind: str
    output: tuple[Tensor, ...]
    parameters: Parameters
    macs: int
    activation: int
    """Bytes of the output, for one example."""
    needs: int
    """Bytes of inputs and output, where both must be held at once; 0 for what works in place."""
    line: int
    file: str = ""
    """Where the line is, if not in the spec itself: a file that it imports."""
    defaults: dict[str, Any] = field(default_factory=dict)
    """The arguments that the spec left to their defaults, and of which no `weights` group says
    anything."""
    folded: int = 0
    """Of its parameters, those that no file of an export holds."""

    def to_json(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "kind": self.kind,
            "output": _joined(self.output),
            "parameters": self.parameters.learned,
            "macs": self.macs,
            "activation": self.activation,
            "file": self.file,
            "line": self.line,
            "defaults": plain(self.defaults),
        }


@frozen
class Cost:
    """A model and its layers, in order of execution."""

    name: str
    inputs: dict[str, Tensor]
    outputs: dict[str, Tensor]
    parameters: Parameters
    macs: int
    activations: int
    """Bytes of all outputs of layers, for one example: what training keeps."""
    layers: tuple[LayerCost, ...]

    @property
    def ram(self) -> int:
        """Bytes that inference needs at least, for one example: those of its largest layer."""
        return max((row.needs for row in self.layers), default=0)

    def to_json(self) -> dict[str, Any]:
        return {
            "parameters": self.parameters.to_json(),
            "macs": self.macs,
            "activations": self.activations,
            "inputs": {n: str(t) for n, t in self.inputs.items()},
            "outputs": {n: str(t) for n, t in self.outputs.items()},
            "layers": [row.to_json() for row in self.layers],
        }


def cost(model: ir.ModelIR) -> Cost:
    """What a model costs. Weights that are shared count once."""
    layers = tuple(_layers(model))
    root = model.root
    return Cost(
        name=model.name,
        inputs=dict(root.inputs),
        outputs={n or "output": t for n, t in root.outputs},
        parameters=sum((row.parameters for row in layers), Parameters()),
        macs=sum(row.macs for row in layers),
        activations=sum(row.activation for row in layers),
        layers=layers,
    )


def weights(model: ir.ModelIR) -> dict[str, Weight]:
    """Every array of a model by its neutral name, in order of execution, shared ones once."""
    found: dict[str, Weight] = {}
    for layer in ir.layers(model):
        if layer.apply.module is None:
            continue
        for w in layer.apply.op.weights(*(flow.types[0] for flow in layer.apply.inputs)):
            name = ir.dotted(layer.name, w.name)
            init = model.initial.get(name, w.init)
            found.setdefault(name, replace(w, init=init))
    return found


def said(model: ir.ModelIR, name: str, apply: ir.Apply) -> dict[str, Init]:
    """What `weights` groups say in place of the initialisers of a layer, by its argument: of one
    that starts several weights, where they say the same of all."""
    op = apply.op
    x = [flow.types[0] for flow in apply.inputs]
    own = {w.name: w.init for w in op.weights(*x)}
    given = {n: model.initial.get(ir.dotted(name, n)) for n in own}
    if not any(given.values()):
        return {}
    found: dict[str, Init] = {}
    for argument in (f for f in type(op).model_fields if f == "init" or f.endswith("_init")):
        other = op.model_copy(update={argument: OTHER})
        started = [w.name for w in other.weights(*x) if w.init != own[w.name]]
        inits = [given[n] for n in started]
        if inits and inits[0] is not None and all(i == inits[0] for i in inits):
            found[argument] = inits[0]
    return found


OTHER = constant(value=0.123456789)
"""An initialiser that no layer has, to see which weights an argument starts."""


def _layers(model: ir.ModelIR) -> Iterator[LayerCost]:
    seen: set[str] = set()
    every_layer = tuple(ir.layers(model))
    numbers = Numbers.beside(every_layer)
    for layer in every_layer:
        op, alone = layer.apply.op, layer.apply.module is None
        name = numbers.name(layer.name) if alone else layer.name
        x = tuple(flow.types[0] for flow in layer.apply.inputs)
        new = alone or layer.name not in seen
        seen.add(layer.name)
        macs = op.macs(*x) * layer.steps
        made = sum(_bytes(t) for t in layer.apply.types) if not is_view(op) else 0
        kept = made * layer.steps
        every = op.weights(*x) if new or model.initial else ()
        arrays = every if new else ()
        given = any(ir.dotted(layer.name, w.name) in model.initial for w in every)
        instead = said(model, layer.name, layer.apply) if given else {}
        yield LayerCost(
            name=name,
            kind=op.kind(),
            output=layer.apply.types,
            parameters=Parameters.of(arrays),
            folded=sum(w.size for w in arrays if w.folds),
            macs=macs,
            activation=kept,
            needs=made + sum(_bytes(t) for t in x) if macs else 0,
            line=layer.line,
            file=layer.home,
            defaults={n: v for n, v in op.defaults_taken().items() if n not in instead},
        )


@dataclass
class Numbers:
    """Names for what has no weights: the first use of `relu` has it, the next are `relu_2`,
    `relu_3`."""

    taken: set[str]
    uses: Counter[str] = field(default_factory=Counter)

    @classmethod
    def beside(cls, layers: Iterable[ir.Layer]) -> Numbers:
        """Those that no layer with an object has."""
        return cls({layer.name for layer in layers if layer.apply.module is not None})

    def name(self, kind: str) -> str:
        """One that nothing has."""
        while True:
            self.uses[kind] += 1
            made = f"{kind}_{self.uses[kind]}" if self.uses[kind] > 1 else kind
            if made not in self.taken:
                return made


def is_view(op: Op) -> bool:
    """Whether an op makes no new tensor in a program for inference."""
    return op.kind() in VIEWS or isinstance(op, OnlyTraining)


def _bytes(t: Tensor) -> int:
    return t.size * BYTES[t.dtype]


def _joined(types: tuple[Tensor, ...]) -> str:
    return ", ".join(map(str, types))
