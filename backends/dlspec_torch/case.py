"""What the files of one program are about: a train block with its model and its data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from dlspec.backend.names import class_name
from dlspec.emit import python as py
from dlspec.ir.model import Apply, ModelIR
from dlspec.ir.recipe import Step
from dlspec.passes.batch import batched
from dlspec.passes.tracked import tracked
from dlspec.programs.case import TrainCase
from dlspec.recipe.optimizers import SGD
from dlspec.tensor import FLOATS
from dlspec_torch.helpers import HELPERS
from dlspec_torch.optimizers import slots

TAKEN = frozenset(
    """
    Any BATCH CHUNK CONSTRAINTS Callable CheckpointError Continued EPOCHS F HASH Iterator
    LEARNING_RATE LOSS_SCALE OPSET Path Run SEED STATES TARGETS THREADS Tensor argparse
    batches checkpoint claimed clip constrained data differing ended evaluate export fnmatchcase
    freeze frozen grouped json lock log logging loss_fn main math max_norm min_max_norm nn
    non_neg np nullcontext objective onnx partial penalties platform rates rewind scores signal
    step_seed strip sys tensors torch train train_epoch unit_norm version warnings write_lock
    write_whole
    """.split()
)
"""Names of `train.py` and `export.py`, which no model's class may have there, besides those of
variables, which are all in lower case."""


@dataclass(frozen=True)
class Case(TrainCase):
    """A program and the train block that it is compiled for."""

    FORMAT = "onnx"

    @cached_property
    def model(self) -> ModelIR:
        return batched(self.program.trained[self.name], devices=True)

    @cached_property
    def step(self) -> ModelIR | None:
        """What is computed of a batch, where that is more than a sum of losses."""
        step = self.train.step
        return tracked(batched(step.graph, devices=True)) if step is not None else None

    @cached_property
    def rounds(self) -> tuple[tuple[Step, ModelIR], ...]:
        """The steps of a round, with what each computes of a batch."""
        graphs = ((s, batched(s.graph, devices=True)) for s in self.train.rounds)
        return tuple((s, tracked(graph)) for s, graph in graphs)

    @property
    def written_class(self) -> str:
        """The class in `model.py`."""
        return class_name(self.model.root.definition, HELPERS)

    @property
    def model_class(self) -> str:
        """The class as the other files call it."""
        name = self.written_class
        return py.identifier(f"{name}Model") if name in TAKEN or name.islower() else name

    @property
    def model_import(self) -> py.From:
        name = self.written_class
        return py.From(
            "model", (name if name == self.model_class else f"{name} as {self.model_class}",)
        )

    @property
    def on_device(self) -> list[py.Statement]:
        """Makes the model where it runs; convolutions of images are faster channels last, but
        PyTorch cannot move a module so that has a kernel over three axes."""
        convolutions = {kind[-2:] for kind in self.kinds if "Conv" in kind}
        moves = "2D" in convolutions and "3D" not in convolutions
        made = py.Assign("model", f"{self.model_class}().to(device)")
        # PyTorch's own types leave the argument out
        moved = "model.to(memory_format=torch.channels_last)  # type: ignore[call-overload]"
        return [made, py.Raw(moved)] if moves else [made]

    @property
    def idle(self) -> bool:
        """Whether some weights may get no gradient: frozen ones, those of an output that no loss
        reads, and those before what has none."""
        return (
            self.train.freezes
            or self.step is not None
            or set(self.outputs) != set(self.compared[0])
            or any(map(_stops, self.ops))
        )

    @property
    def slots(self) -> Mapping[str, str]:
        """PyTorch's name of each array that an optimizer keeps -> the neutral one."""
        return {own: name for o in self.optimizers for own, name in slots(o).items()}

    @property
    def counts(self) -> bool:
        """Whether an optimizer keeps the number of its steps."""
        return not all(isinstance(optimizer, SGD) for optimizer in self.optimizers)


def _stops(apply: Apply) -> bool:
    """Whether an op passes no gradient on: it says so, or makes integers of real numbers."""
    read = any(f.types[0].dtype in FLOATS for f in apply.inputs)
    made = all(t.dtype in FLOATS for t in apply.types)
    return apply.op.kind() == "stop_gradient" or (read and not made)
