"""Checkpoints of a Keras run, under names that every backend reads."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import keras
import numpy as np
from keras import layers

import weights
from recipe import Run, restored
from weights import CheckpointError

SLOTS = {"mean": "_momentums", "square": "_velocities"}  # the optimizer's own names


@dataclass(frozen=True)
class Entry:
    """A weight, and the variable that holds it with its axes in another order."""

    name: str
    variable: keras.Variable
    axes: tuple[int, ...] | None = None

    def get(self) -> np.ndarray:
        value = keras.ops.convert_to_numpy(self.variable)
        return value.transpose(self.axes) if self.axes else value

    def put(self, value: np.ndarray) -> None:
        value = value.transpose(np.argsort(self.axes)) if self.axes else value
        self.variable.assign(value)


def arrays(layer: layers.Layer) -> Iterator[Entry]:
    """What a layer itself holds, under PyTorch's names."""
    match layer:
        case layers.Dense():
            yield Entry("weight", layer.kernel, (1, 0))
            yield Entry("bias", layer.bias)
        case layers.RNN():
            yield from gates("l0", layer.cell)


def gates(place: str, cell: layers.Layer) -> Iterator[Entry]:
    """The kernels and biases of one layer and direction."""
    yield Entry(f"weight_ih_{place}", cell.kernel, (1, 0))
    yield Entry(f"weight_hh_{place}", cell.recurrent_kernel, (1, 0))
    yield Entry(f"bias_ih_{place}", cell.bias)


def parts(owner: layers.Layer) -> Iterator[tuple[str, layers.Layer]]:
    """The layers that an object holds, by name."""
    if isinstance(owner, layers.RNN):  # its arrays are its own
        return
    own = {name: v for name, v in vars(owner).items() if not name.startswith("_")}
    yield from ((n, item) for n, item in own.items() if isinstance(item, layers.Layer))


def sublayers(
    owner: layers.Layer, prefix: str = ""
) -> Iterator[tuple[str, layers.Layer]]:
    """Every layer with its attribute path."""
    for name, layer in parts(owner):
        yield prefix + name, layer
        yield from sublayers(layer, f"{prefix}{name}.")


def entries(model: keras.Model) -> Iterator[Entry]:
    """Every weight under its neutral name."""
    for path, layer in sublayers(model):
        for entry in arrays(layer):
            if entry.variable is not None:
                yield replace(entry, name=f"{path}.{entry.name}")


def slots(model: keras.Model) -> Iterator[Entry]:
    """What the optimizer keeps for each weight that it trains."""
    optimizer = model.optimizer
    learned = [e for e in entries(model) if e.variable.trainable]
    for entry in learned:
        i = optimizer._get_variable_index(entry.variable)
        for neutral, own in SLOTS.items():
            name = f"optimizer.{entry.name}.{neutral}"
            yield replace(entry, name=name, variable=getattr(optimizer, own)[i])


def kept(model: keras.Model, whole: bool) -> list[Entry]:
    """The weights; with `whole`, all that a run needs to go on."""
    return [*entries(model), *(slots(model) if whole else ())]


def initialise(model: keras.Model, seed: int) -> None:
    """Gives every weight its first value."""
    for entry in entries(model):
        entry.put(weights.draw(entry.name, entry.get().shape, seed))


def save(path: Path, run: Run, model: keras.Model, whole: bool = False) -> None:
    """Writes the weights, and with `whole` the optimizer's state."""
    tensors = {entry.name: entry.get() for entry in kept(model, whole)}
    weights.write(path, tensors, asdict(run))


def load(path: Path, model: keras.Model, whole: bool = False) -> Run:
    """Puts the weights back, and with `whole` the optimizer's state.

    Raises CheckpointError if they are not those of this model.
    """
    tensors, facts = weights.read(path)
    for entry in kept(model, whole):
        value = tensors.get(entry.name)
        if value is None or value.shape != entry.get().shape:
            raise CheckpointError(f"{path} is of another model: {entry.name} differs")
        entry.put(value)
    run = restored(path, facts)
    if whole:
        model.optimizer.iterations.assign(run.step)
    return run


def seed_dropout(model: keras.Model, run: Run) -> None:
    """Each layer draws from its own seed and the number of its calls."""
    calls = run.step
    for i, (_, layer) in enumerate(sublayers(model)):
        if hasattr(layer, "seed_generator"):
            layer.seed_generator.state.assign([run.seed * 1_000_003 + i, calls])
