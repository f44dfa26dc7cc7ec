"""What the files of one program are about: a train block with its model and its data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from dlspec.backend.names import class_name
from dlspec.cost import weights
from dlspec.emit import python as py
from dlspec.ir.model import ModelIR, layers, penalised, read_inputs
from dlspec.ir.networks import held
from dlspec.ir.program import Program
from dlspec.ir.recipe import Data, Export, Step, Train
from dlspec.ops.base import Weight
from dlspec.ops.drawing import Draw
from dlspec.passes.batch import batched
from dlspec.passes.tracked import differentiated, tracked
from dlspec.recipe.optimizers import SGD, Optimizer
from dlspec.tensor import Tensor
from dlspec_torch.helpers import HELPERS
from dlspec_torch.optimizers import slots

SMALL = 2_000_000_000
"""Multiply-accumulates of a training step below which a second thread does not pay."""

TAKEN = frozenset(
    """
    Any BATCH CHUNK CONSTRAINTS Callable CheckpointError Continued EPOCHS F HASH Iterator
    LEARNING_RATE LOSS_SCALE OPSET Path Run SEED STATES TARGETS THREADS Tensor WEIGHT_GROUPS
    argparse batches checkpoint clip constrained data ended evaluate export fnmatchcase freeze
    frozen group grouped json lock log logging loss_fn main math max_norm min_max_norm nn
    non_neg np nullcontext objective onnx partial penalties platform rates rewind scores signal
    step_seed strip sys tensors torch train train_epoch unit_norm version warnings write_lock
    write_whole
    """.split()
)
"""Names of `train.py` and `export.py`, which no model's class may have there, besides those of
variables, which are all in lower case."""


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

    @cached_property
    def differentiates(self) -> bool:
        """Whether what is computed of a batch takes derivatives, in evaluation too."""
        return any(differentiated(graph.root) for _, graph in self.rounds) or (
            self.step is not None and bool(differentiated(self.step.root))
        )

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
    def on_device(self) -> str:
        """The code of the model where it runs; convolutions of images are faster channels last,
        but PyTorch cannot move a module so that has a kernel over three axes."""
        convolutions = {kind[-2:] for kind in self.kinds if "Conv" in kind}
        moves = "2D" in convolutions and "3D" not in convolutions
        layout = ", memory_format=torch.channels_last" if moves else ""
        return f"{self.model_class}().to(device{layout})"

    @property
    def inputs(self) -> tuple[tuple[str, str, Tensor], ...]:
        """Each input in the order of `forward`: its name, the field that feeds it (nothing, where
        it is computed), its type."""
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
    def idle(self) -> bool:
        """Whether some weights may get no gradient: frozen ones, and those of an output that no
        loss reads."""
        return (
            self.train.freezes
            or self.step is not None
            or set(self.outputs) != set(self.compared[0])
        )

    @property
    def optimizer(self) -> Optimizer:
        """The one optimizer."""
        assert self.train.optimizer is not None
        return self.train.optimizer

    @property
    def slots(self) -> Mapping[str, str]:
        return slots(self.optimizer)

    @property
    def counts(self) -> bool:
        """Whether the optimizer keeps the number of its steps."""
        return not isinstance(self.optimizer, SGD)

    @property
    def scheduled(self) -> bool:
        return self.train.scheduled

    @property
    def folder(self) -> bool:
        """Whether the data is read from files of the user."""
        from dlspec.programs.readers import reader

        return bool(reader(self.data).folder)

    @cached_property
    def kinds(self) -> frozenset[str]:
        """The kinds of ops that the model has."""
        return frozenset(layer.apply.op.kind() for layer in layers(self.model))

    @property
    def computed(self) -> tuple[ModelIR, ...]:
        """The model, and what is computed of batches."""
        own = (self.step,) if self.step is not None else ()
        return (self.model, *own, *(graph for _, graph in self.rounds))

    @cached_property
    def draws(self) -> bool:
        """Whether a training step draws random numbers."""
        models = self.computed
        return any(layer.apply.op.draws for model in models for layer in layers(model))

    @cached_property
    def penalised(self) -> bool:
        """Whether parts of the model add to the loss."""
        return penalised(self.model)

    @cached_property
    def samples(self) -> bool:
        """Whether evaluation draws random numbers too."""
        models = self.computed
        ops = (layer.apply.op for model in models for layer in layers(model, training=False))
        return any(isinstance(op, Draw) for op in ops)

    @cached_property
    def small(self) -> bool:
        """Whether a training step is too short to be shared among threads."""
        macs = 0
        for layer in layers(self.model):
            x = tuple(flow.types[0] for flow in layer.apply.inputs)
            macs += layer.apply.op.macs(*x)
        return 3 * macs * self.train.batch < SMALL

    @cached_property
    def weights(self) -> dict[str, Weight]:
        """Every array of the model by its neutral name, as it starts."""
        return weights(self.model)

    @property
    def exports(self) -> tuple[Export, ...]:
        """The exports of this block that are ONNX files."""
        found = self.program.exports.values()
        return tuple(e for e in found if e.train == self.name and e.format == "onnx")

    @cached_property
    def parts_of_files(self) -> dict[str, tuple[list[str], list[str]]]:
        """The inputs and outputs of each file that holds one network of several."""
        networks = held(self.program.trained[self.name])
        found = {e.file: networks[e.network] for e in self.exports if e.network}
        return {file: (list(n.takes), list(n.gives)) for file, n in found.items()}


def item(of: str, name: str) -> py.Expr:
    """`of["name"]`."""
    return py.Index(of, py.literal(name))
