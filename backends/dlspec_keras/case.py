"""What the files of one program are about: a train block with its model and its data."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from dlspec.backend.names import class_name
from dlspec.emit import python as py
from dlspec.ir.model import (
    Apply,
    Call,
    Flow,
    ModelIR,
    Path,
    Scope,
    flows,
    layers,
    penalised,
    read_inputs,
    statements,
)
from dlspec.ir.networks import held
from dlspec.ir.program import Program
from dlspec.ir.recipe import Data, Export, Step, Train
from dlspec.ops.drawing import Draw
from dlspec.passes.batch import batched
from dlspec.passes.layout import channels_last
from dlspec.recipe.optimizers import Optimizer
from dlspec.tensor import Tensor
from dlspec_keras.optimizers import slots
from dlspec_keras.style import STYLE

SMALL = 2_000_000_000
"""Multiply-accumulates of a training step below which a second thread does not pay."""


@dataclass(frozen=True)
class Case:
    """A program and the train block that it is compiled for."""

    program: Program
    name: str
    hash: str = ""

    @property
    def train(self) -> Train:
        return self.program.trains[self.name]

    @cached_property
    def model(self) -> ModelIR:
        """The model with its images kept channels-last."""
        model = batched(self.program.trained[self.name])
        parts = (f.block for f in _calls(model)) if self.train.networks else ()
        return channels_last(model, apart=tuple(parts))

    @cached_property
    def step(self) -> ModelIR | None:
        """What is computed of a batch, where that is more than a sum of losses."""
        step = self.train.step
        if step is None:
            return None
        return batched(step.graph, networks=dict.fromkeys(step.updates, self.model))

    @cached_property
    def rounds(self) -> tuple[tuple[Step, ModelIR], ...]:
        """The steps of a round, with what each computes of a batch."""
        parts = self.networks
        return tuple((s, batched(s.graph, networks=parts)) for s in self.train.rounds)

    @property
    def networks(self) -> dict[str, ModelIR]:
        """The networks of a block with steps, as parts of the model, by name."""
        if not self.train.networks:
            names = (n for s in self.train.rounds for n in s.updates)
            return dict.fromkeys(names, self.model)
        return {
            str(f.module[0]): self.model.model_copy(update={"instance": f.instance})
            for f in _calls(self.model)
            if f.module
        }

    @property
    def read(self) -> tuple[str, ...]:
        """The fields that the objective reads, in its order."""
        assert self.step is not None
        return read_inputs(self.step.root)

    @property
    def watched(self) -> bool:
        """Whether metrics read what the objective gives beside the loss."""
        return self.step is not None and len(self.step.root.outputs) > 1

    @property
    def data(self) -> Data:
        return self.program.data[self.train.data]

    @property
    def model_class(self) -> str:
        """The class in `model.py`."""
        return class_name(self.model.root.definition, STYLE.helpers)

    @property
    def exact(self) -> bool:
        return self.train.numerics == "exact"

    @property
    def inputs(self) -> tuple[tuple[str, str, Tensor], ...]:
        """Each input of the model: its name, the field that feeds it (nothing, where it is
        computed), its type."""
        fed = self.train.inputs
        return tuple((name, fed.get(name, ""), t) for name, t in self.model.root.inputs)

    @property
    def outputs(self) -> dict[str, Tensor]:
        return {name or "output": t for name, t in self.model.root.outputs}

    @property
    def fields(self) -> dict[str, Tensor]:
        return {f.name: f.type for f in self.data.fields}

    @property
    def parts(self) -> tuple[str, ...]:
        """The parts of the data that have rows."""
        return tuple(self.data.split.shares())

    @property
    def validated(self) -> bool:
        """Whether validation says which epoch is the best."""
        return "val" in self.parts and not self.rounds

    @property
    def patience(self) -> int | None:
        """Epochs without a better value after which the run ends."""
        stop = self.train.early_stop
        return stop.count if stop is not None and self.validated else None

    @property
    def compared(self) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """The outputs and the fields that the loss compares, each once, in order."""
        terms = self.train.loss
        outputs = dict.fromkeys(t.output for t in terms)
        return tuple(outputs), tuple(dict.fromkeys(t.target for t in terms))

    @property
    def optimizers(self) -> tuple[Optimizer, ...]:
        """The optimizer, or that of each step."""
        found = (self.train.optimizer, *(s.optimizer for s in self.train.rounds))
        return tuple(o for o in found if o is not None)

    @property
    def optimizer(self) -> Optimizer:
        """The one optimizer."""
        (found,) = self.optimizers
        return found

    @property
    def slots(self) -> Mapping[str, str]:
        return slots(self.optimizer)

    @property
    def scheduled(self) -> bool:
        return self.train.scheduled

    @property
    def folder(self) -> bool:
        """Whether the data is read from files of the user."""
        from dlspec.programs.readers import reader

        return bool(reader(self.data).folder)

    @property
    def ops(self) -> Iterator[Apply]:
        """Every op that the model applies."""
        return (layer.apply for layer in layers(self.model))

    @cached_property
    def kinds(self) -> frozenset[str]:
        return frozenset(apply.op.kind() for apply in self.ops)

    @property
    def computed(self) -> tuple[ModelIR, ...]:
        """The model, and what is computed of batches."""
        own = (self.step,) if self.step is not None else ()
        return (self.model, *own, *(graph for _, graph in self.rounds))

    @cached_property
    def penalised(self) -> bool:
        """Whether parts of the model add to the loss."""
        return penalised(self.model)

    @cached_property
    def draws(self) -> bool:
        """Whether a training step draws random numbers."""
        models = self.computed
        return any(layer.apply.op.draws for model in models for layer in layers(model))

    @cached_property
    def sampled(self) -> bool:
        """Whether anything but a layer draws random numbers."""
        models = self.computed
        ops = (layer.apply.op for model in models for layer in layers(model))
        return any(isinstance(op, Draw) for op in ops)

    @property
    def differentiates(self) -> bool:
        """Whether the objective takes derivatives, which are TensorFlow's."""
        return any(isinstance(f, Apply) and f.op.kind() == "gradient" for f in self.within)

    @cached_property
    def within(self) -> list[Flow]:
        """All that the objective is made of, each as often as a step computes it."""
        graphs = (self.step,) if self.step is not None else (g for _, g in self.rounds)
        bodies = (s for g in graphs for s in statements(g.root.body))
        return [f for s in bodies for f in flows(s.value)]

    @cached_property
    def model_file(self) -> str:
        """The text of `model.py`."""
        from dlspec.backend.plan import model_file
        from dlspec_keras import BACKEND
        from dlspec_keras.readme import model_doc

        return model_file(self.model, BACKEND, model_doc(self), self.exact)

    @property
    def sequential(self) -> bool:
        """Whether layers stand in a `keras.Sequential`."""
        return "keras.Sequential(" in self.model_file

    @cached_property
    def listed(self) -> bool:
        """Whether layers stand in lists."""
        return any(isinstance(part, int) for path in self._paths() for part in path)

    def _paths(self) -> Iterator[Path]:
        for instance in self.model.instances:
            for s in statements(instance.body):
                for f in flows(s.value):
                    if isinstance(f, Apply | Call | Scope) and f.module is not None:
                        yield f.module

    @cached_property
    def small(self) -> bool:
        """Whether a training step is too short to be shared among threads."""
        macs = 0
        for apply in self.ops:
            x = tuple(t for flow in apply.inputs for t in flow.types)
            macs += apply.op.macs(*x)
        return 3 * macs * self.train.batch < SMALL

    @property
    def exports(self) -> tuple[Export, ...]:
        """The exports of this block that are TFLite files."""
        found = self.program.exports.values()
        return tuple(e for e in found if e.train == self.name and e.format == "tflite")

    @cached_property
    def parts_of_files(self) -> dict[str, tuple[list[str], list[str]]]:
        """The inputs and outputs of each file that holds one network of several."""
        networks = held(self.program.trained[self.name])
        found = {e.file: networks[e.network] for e in self.exports if e.network}
        return {file: (list(n.takes), list(n.gives)) for file, n in found.items()}


def _calls(model: ModelIR) -> Iterator[Call]:
    """The blocks that a model calls itself."""
    found = (f for s in statements(model.root.body) for f in flows(s.value))
    return (f for f in found if isinstance(f, Call))


def item(of: str, name: str) -> py.Expr:
    """`of["name"]`."""
    return py.Index(of, py.literal(name))
