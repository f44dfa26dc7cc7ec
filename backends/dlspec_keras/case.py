"""What the files of one program are about: a train block with its model and its data."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from dlspec.backend.names import class_name
from dlspec.ir.model import Apply, Call, ModelIR, Path, Scope, within
from dlspec.ir.recipe import Step
from dlspec.passes.batch import batched
from dlspec.passes.layout import channels_last
from dlspec.programs.case import TrainCase
from dlspec_keras.optimizers import slots
from dlspec_keras.style import STYLE


@dataclass(frozen=True)
class Case(TrainCase):
    """A program and the train block that it is compiled for."""

    FORMAT = "tflite"

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
        return batched(step.graph, networks=self.networks) if step is not None else None

    @cached_property
    def rounds(self) -> tuple[tuple[Step, ModelIR], ...]:
        """The steps of a round, with what each computes of a batch."""
        parts = self.networks
        return tuple((s, batched(s.graph, networks=parts)) for s in self.train.rounds)

    @property
    def model_class(self) -> str:
        """The class in `model.py`."""
        return class_name(self.model.root.definition, STYLE.helpers)

    @property
    def exact(self) -> bool:
        return self.train.numerics == "exact"

    @property
    def slots(self) -> Mapping[str, str]:
        """The neutral name of each array that the optimizer keeps -> Keras's attribute."""
        return slots(self.optimizer)

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
            for f in within(instance.body):
                if isinstance(f, Apply | Call | Scope) and f.module is not None:
                    yield f.module


def _calls(model: ModelIR) -> Iterator[Call]:
    """The blocks that a model calls itself."""
    return (f for f in within(model.root.body) if isinstance(f, Call))
