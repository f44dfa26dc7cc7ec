"""What the files of one program are about: a train block with its model and its data."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar

from dlspec.cost import Cost, cost, weights
from dlspec.ir.model import Apply, Call, Flow, ModelIR, layers, penalised, read_inputs, within
from dlspec.ir.networks import held
from dlspec.ir.program import Program
from dlspec.ir.recipe import Data, Export, Step, Train
from dlspec.ir.values import plain
from dlspec.ops.base import Weight
from dlspec.ops.drawing import Draw
from dlspec.passes.padding import lengths_name
from dlspec.programs.readers import reader
from dlspec.recipe.optimizers import Optimizer
from dlspec.tensor import Tensor

SMALL = 2_000_000_000
"""Multiply-accumulates of a training step below which a second thread does not pay."""


@dataclass(frozen=True)
class TrainCase(ABC):
    """A program and the train block that it is compiled for, as every backend reads it."""

    program: Program
    name: str
    hash: str = ""

    FORMAT: ClassVar[str]
    """Of the files that the backend exports."""

    @property
    @abstractmethod
    def model(self) -> ModelIR:
        """The model as the backend writes it."""

    @property
    @abstractmethod
    def step(self) -> ModelIR | None:
        """What is computed of a batch, where that is more than a sum of losses."""

    @property
    @abstractmethod
    def rounds(self) -> tuple[tuple[Step, ModelIR], ...]:
        """The steps of a round, with what each computes of a batch."""

    @property
    def networks(self) -> dict[str, ModelIR]:
        """The networks of a block, by name: several are parts of the model."""
        if not self.train.networks:
            names = (n for s in self.train.graphs for n in s.updates)
            return dict.fromkeys(names, self.model)
        return {
            str(f.module[0]): self.model.model_copy(update={"instance": f.instance})
            for f in within(self.model.root.body)
            if isinstance(f, Call) and f.module
        }

    @property
    def train(self) -> Train:
        return self.program.trains[self.name]

    @property
    def parameters(self) -> dict[str, Any]:
        """The parameters of the file and of what it trains, by the names that `--set` takes; those
        of one of several networks by the network's name."""
        trained = self.program.trained[self.name]
        models = {trained.name: trained}
        if self.train.networks:
            models = {name: network.model for name, network in held(trained).items()}
        found = dict(self.program.parameters)
        for name, model in models.items():
            found |= {f"{name}.{p}": value for p, value in model.root.arguments.items()}
        return {name: _shown(plain(value)) for name, value in found.items()}

    @property
    def data(self) -> Data:
        return self.program.data[self.train.data]

    @property
    def fields(self) -> dict[str, Tensor]:
        return {f.name: f.type for f in self.data.fields}

    @property
    def parts(self) -> tuple[str, ...]:
        """The parts of the data that have rows."""
        return tuple(self.data.split.shares())

    @property
    def folder(self) -> bool:
        """Whether the data is read from files of the user."""
        return bool(reader(self.data).folder)

    @property
    def inputs(self) -> tuple[tuple[str, str, Tensor], ...]:
        """Each input of the model, in its order: its name, the field that feeds it (nothing,
        where it is computed), its type."""
        fed = self.train.inputs
        return tuple((name, fed.get(name, ""), t) for name, t in self.model.root.inputs)

    @property
    def outputs(self) -> dict[str, Tensor]:
        return {name or "output": t for name, t in self.model.root.outputs}

    @property
    def read(self) -> tuple[str, ...]:
        """The fields that the objective reads, in its order."""
        assert self.step is not None
        return read_inputs(self.step.root)

    @property
    def watched(self) -> bool:
        """Whether metrics read what the objectives give beside the loss."""
        return any(len(graph.root.outputs) > 1 for graph in self.objectives)

    @property
    def compared(self) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """The outputs and the fields that the loss compares, each once, in order."""
        terms = self.train.loss
        outputs = dict.fromkeys(t.output for t in terms)
        return tuple(outputs), tuple(dict.fromkeys(t.target for t in terms))

    @property
    def validated(self) -> bool:
        """Whether validation says which epoch is the best."""
        return "val" in self.parts and self.train.judged

    @property
    def patience(self) -> int | None:
        """Epochs without a better value after which the run ends."""
        stop = self.train.early_stop
        return stop.count if stop is not None and self.validated else None

    @property
    def optimizers(self) -> tuple[Optimizer, ...]:
        """The optimizers of the block, or that of each step."""
        steps = (s.optimizer for s in self.train.rounds if s.optimizer is not None)
        return (*self.train.optimizers.values(), *steps)

    @property
    def optimizer(self) -> Optimizer:
        """The optimizer of a block without steps, of all weights that have none of their own."""
        assert self.train.optimizer is not None
        return self.train.optimizer

    @property
    def mixed(self) -> bool:
        """Whether some weights of a block without steps have an optimizer of their own."""
        return len(self.train.optimizers) > 1

    @property
    def several(self) -> bool:
        """Whether a run has several optimizers, by name: those of its steps, or of its weights."""
        return self.mixed or bool(self.rounds)

    @property
    def main(self) -> str:
        """The name of the optimizer of all weights that have none of their own."""
        return next(iter(self.train.optimizers))

    @property
    def scheduled(self) -> bool:
        return self.train.scheduled

    @cached_property
    def learned(self) -> tuple[str, ...]:
        """The names of the arrays that are no statistics."""
        return tuple(name for name, w in self.weights.items() if w.kind != "statistics")

    @property
    def rests(self) -> bool:
        """Whether some weights stay as they are for ever: no optimizer has them."""
        return any(group.frozen is None for group in self.train.groups)

    @property
    def waits(self) -> bool:
        """Whether all that some step updates may wait for a later epoch."""
        still = {n for g in self.train.groups if g.frozen != 0 for n in g.weights}
        return bool(still) and any(still.issuperset(self.updated(s)) for s in self.train.rounds)

    def updated(self, step: Step) -> tuple[str, ...]:
        """The names of the arrays that a step updates."""
        if not self.train.networks:
            return self.learned
        return tuple(n for n in self.learned if n.partition(".")[0] in step.updates)

    @cached_property
    def ops(self) -> tuple[Apply, ...]:
        """Every op that the model applies."""
        return tuple(layer.apply for layer in layers(self.model))

    @cached_property
    def cost(self) -> Cost:
        """What the model costs."""
        return cost(self.model)

    @cached_property
    def weights(self) -> dict[str, Weight]:
        """Every array of the model by its neutral name, as it starts."""
        return weights(self.model)

    @cached_property
    def kinds(self) -> frozenset[str]:
        """The kinds of ops that the model has."""
        return frozenset(apply.op.kind() for apply in self.ops)

    @property
    def objectives(self) -> tuple[ModelIR, ...]:
        """What is computed of batches."""
        own = (self.step,) if self.step is not None else ()
        return (*own, *(graph for _, graph in self.rounds))

    @property
    def computed(self) -> tuple[ModelIR, ...]:
        """The model, and what is computed of batches."""
        return (self.model, *self.objectives)

    @cached_property
    def within(self) -> tuple[Flow, ...]:
        """All that the objectives are made of, each as often as a step computes it."""
        return tuple(f for graph in self.objectives for f in within(graph.root.body))

    @property
    def differentiates(self) -> bool:
        """Whether what is computed of a batch takes derivatives, in evaluation too."""
        return any(isinstance(f, Apply) and f.op.kind() == "gradient" for f in self.within)

    @cached_property
    def penalised(self) -> bool:
        """Whether parts of the model add to the loss."""
        return penalised(self.model)

    @cached_property
    def draws(self) -> bool:
        """Whether a training step draws random numbers."""
        return any(layer.apply.op.draws for model in self.computed for layer in layers(model))

    def samples(self, training: bool) -> bool:
        """Whether anything but a layer draws random numbers, in training or in evaluation."""
        found = (layer.apply.op for m in self.computed for layer in layers(m, training))
        return any(isinstance(op, Draw) for op in found)

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
        """The exports of this block that the backend writes."""
        found = self.program.exports.values()
        return tuple(e for e in found if e.train == self.name and e.format == self.FORMAT)

    @cached_property
    def parts_of_files(self) -> dict[str, tuple[list[str], list[str]]]:
        """The inputs and outputs of each file that holds one network of several."""
        named = [e for e in self.exports if e.network]
        networks = held(self.program.trained[self.name]) if named else {}
        found = {e.file: networks[e.network] for e in named if e.network}
        return {file: (list(n.takes), list(n.gives)) for file, n in found.items()}

    @property
    def ragged(self) -> dict[str, str]:
        """The column with the lengths of each size of the model in which rows differ."""
        sizes = self.train.lengths.items()
        return {n: lengths_name(str(at)) for n, at in sizes if str(at) in self.data.ragged}


def _shown(value: Any) -> Any:
    """A value in JSON, a layer as its text alone."""
    match value:
        case {"$layer": str(text)}:
            return text
        case list():
            return [_shown(v) for v in value]
        case _:
            return value
