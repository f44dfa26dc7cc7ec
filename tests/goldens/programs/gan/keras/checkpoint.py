"""Checkpoints of a Keras run, under names that every backend reads."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import keras
import numpy as np
from keras import layers

import weights
from recipe import Run, restored, updates_of
from weights import CheckpointError

# the optimizers' own names
SLOTS_OF = {
    "critic": {"mean": "_momentums", "square": "_velocities"},
    "generator": {"mean": "_momentums", "square": "_velocities"},
}


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
        case layers.Conv2D():
            yield Entry("weight", layer.kernel, (3, 2, 0, 1))
            yield Entry("bias", layer.bias)
        case layers.Conv2DTranspose():
            yield Entry("weight", layer.kernel, (3, 2, 0, 1))
            yield Entry("bias", layer.bias)
        case layers.BatchNormalization():
            yield Entry("weight", layer.gamma)
            yield Entry("bias", layer.beta)
            yield Entry("running_mean", layer.moving_mean)
            yield Entry("running_var", layer.moving_variance)


def parts(owner: layers.Layer) -> Iterator[tuple[str, layers.Layer]]:
    """The layers that an object holds, by name."""
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


def slots(
    model: keras.Model, optimizers: dict[str, keras.optimizers.Optimizer]
) -> Iterator[Entry]:
    """What each optimizer keeps for each weight that it trains."""
    for step, optimizer in optimizers.items():
        own = {id(variable) for variable in optimizer._trainable_variables}
        for entry in entries(model):
            if id(entry.variable) not in own:
                continue
            i = optimizer._get_variable_index(entry.variable)
            for neutral, kept_as in SLOTS_OF[step].items():
                name = f"optimizer.{step}.{entry.name}.{neutral}"
                variable = getattr(optimizer, kept_as)[i]
                yield replace(entry, name=name, variable=variable)


def kept(
    model: keras.Model, optimizers: dict[str, keras.optimizers.Optimizer] | None
) -> list[Entry]:
    """The weights; with the optimizers, all that a run needs to go on."""
    return [*entries(model), *slots(model, optimizers or {})]


def initialise(model: keras.Model, seed: int) -> None:
    """Gives every weight its first value."""
    for entry in entries(model):
        entry.put(weights.draw(entry.name, entry.get().shape, seed))


def save(
    path: Path,
    run: Run,
    model: keras.Model,
    optimizers: dict[str, keras.optimizers.Optimizer] | None = None,
) -> None:
    """Writes the weights, and with the optimizers all that a run needs to go on."""
    tensors = {entry.name: entry.get() for entry in kept(model, optimizers)}
    weights.write(path, tensors, asdict(run))


def load(
    path: Path,
    model: keras.Model,
    optimizers: dict[str, keras.optimizers.Optimizer] | None = None,
) -> Run:
    """Puts the weights back, and with the optimizers their state.

    Raises CheckpointError if they are not those of this model.
    """
    tensors, facts = weights.read(path)
    for entry in kept(model, optimizers):
        value = tensors.get(entry.name)
        if value is None or value.shape != entry.get().shape:
            raise CheckpointError(f"{path} is of another model: {entry.name} differs")
        entry.put(value)
    run = restored(path, facts)
    for step, optimizer in (optimizers or {}).items():
        optimizer.iterations.assign(updates_of(step, run.step))
    return run


def seed_dropout(model: keras.Model, run: Run) -> None:
    """Each layer draws from its own seed and the number of its calls."""
    calls = 6 * run.step  # a step may use a layer again
    for i, (_, layer) in enumerate((*sublayers(model), ("", model))):
        if hasattr(layer, "seed_generator"):
            layer.seed_generator.state.assign([run.seed * 1_000_003 + i, calls])


def seed_evaluation(model: keras.Model) -> None:
    """Every evaluation draws the same numbers."""
    for i, (_, layer) in enumerate((*sublayers(model), ("", model))):
        if hasattr(layer, "seed_generator"):
            layer.seed_generator.state.assign([i, 0])
