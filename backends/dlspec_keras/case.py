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
    read_inputs,
    statements,
)
from dlspec.ir.program import Program
from dlspec.ir.recipe import Data, Export, Train
from dlspec.ops.drawing import Draw
from dlspec.passes.batch import batched
from dlspec.passes.layout import channels_last
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
        return channels_last(batched(self.program.trained[self.name]))

    @cached_property
    def step(self) -> ModelIR | None:
        """What is computed of a batch, where that is more than a sum of losses."""
        step = self.train.step
        if step is None:
            return None
        return batched(step.graph, networks=dict.fromkeys(step.updates, self.model))

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
        return "val" in self.parts

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
    def slots(self) -> Mapping[str, str]:
        return slots(self.train.optimizer)

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

    @cached_property
    def draws(self) -> bool:
        """Whether a training step draws random numbers."""
        models = (self.model,) if self.step is None else (self.model, self.step)
        return any(layer.apply.op.draws for model in models for layer in layers(model))

    @cached_property
    def sampled(self) -> bool:
        """Whether anything but a layer draws random numbers."""
        models = (self.model,) if self.step is None else (self.model, self.step)
        ops = (layer.apply.op for model in models for layer in layers(model))
        return any(isinstance(op, Draw) for op in ops)

    @cached_property
    def within(self) -> list[Flow]:
        """All that the objective is made of, each as often as a step computes it."""
        body = self.step.root.body if self.step is not None else ()
        return [f for s in statements(body) for f in flows(s.value)]

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


def item(of: str, name: str) -> py.Expr:
    """`of["name"]`."""
    return py.Index(of, py.literal(name))
