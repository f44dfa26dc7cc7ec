"""Checkpoints of a Keras run, under names that every backend reads."""

from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import keras
import numpy as np
from keras import layers

import weights
from model import ConvTranspose, Recurrent, SpectralNorm, WeightNorm
from recipe import Run, restored, updates_of
from weights import CheckpointError

# if slots
SLOTS = {"mean": "_momentums", "square": "_velocities"}  # fill slots


# end
# if named
SLOTS_OF = {"critic": {"mean": "_momentums"}}  # fill slots_of


# end
@dataclass(frozen=True)
class Entry:
    """A weight, and the variable that holds it with its axes in another order."""

    name: str
    variable: keras.Variable
    axes: tuple[int, ...] | None = None
    # if shaped
    shape: tuple[int, ...] | None = None  # in the end
    # end

    # if constrained
    def over(self, axes: Iterable[int]) -> tuple[int, ...]:
        """The variable's axes for these of the weight."""
        # if shaped
        if self.shape and len(self.shape) == 1:
            return tuple(range(len(self.variable.shape)))
        if self.shape and self.axes:  # depthwise: outputs and inputs are apart here
            first, second, *places = self.axes
            own = ((first, second), (), *((place,) for place in places))
            return tuple(a for axis in axes for a in own[axis])
        # end
        return tuple(self.axes[axis] if self.axes else axis for axis in axes)

    # end
    # if not shaped
    def get(self) -> np.ndarray:
        value = keras.ops.convert_to_numpy(self.variable)
        return value.transpose(self.axes) if self.axes else value

    def put(self, value: np.ndarray) -> None:
        value = value.transpose(np.argsort(self.axes)) if self.axes else value
        self.variable.assign(value)

    # end
    # if shaped
    def get(self) -> np.ndarray:
        value = keras.ops.convert_to_numpy(self.variable)
        value = value.transpose(self.axes) if self.axes else value
        return value.reshape(self.shape) if self.shape else value

    def put(self, value: np.ndarray) -> None:
        axes = self.axes or range(len(self.variable.shape))
        value = value.reshape([self.variable.shape[a] for a in axes])
        self.variable.assign(value.transpose(np.argsort(axes)))

    # end


# if gru
@dataclass(frozen=True)
class Gates(Entry):
    """A weight of a GRU: Keras has z before r, and both biases in one variable."""

    row: int | None = None

    # if constrained
    def over(self, axes: Iterable[int]) -> tuple[int, ...]:
        return tuple(1 - axis for axis in axes)

    # end
    def get(self) -> np.ndarray:
        value = keras.ops.convert_to_numpy(self.variable)
        return exchanged(value if self.row is None else value[self.row]).T

    def put(self, value: np.ndarray) -> None:
        whole = keras.ops.convert_to_numpy(self.variable).copy()
        whole[slice(None) if self.row is None else self.row] = exchanged(value.T)
        self.variable.assign(whole)


def exchanged(value: np.ndarray) -> np.ndarray:
    """The first two thirds of the last axis, each in the other's place."""
    first, second, third = np.split(value, 3, axis=-1)
    return np.concatenate((second, first, third), axis=-1)


# end
# if spread
@dataclass(frozen=True)
class Turned(Entry):
    """The kernel of an ordinary convolution that stands for a transposed one."""

    groups: int = 1

    # if constrained
    def over(self, axes: Iterable[int]) -> tuple[int, ...]:
        rank = len(self.variable.shape)
        return tuple((axis - 2) % rank for axis in axes)

    # end
    def get(self) -> np.ndarray:
        value = keras.ops.convert_to_numpy(self.variable)
        value = np.moveaxis(value, (-2, -1), (0, 1))
        value = np.flip(value, tuple(range(2, value.ndim)))
        # if normed
        if self.shape:
            return value.reshape(self.shape)
        # end
        inputs, _, *size = value.shape
        value = value.reshape(inputs, self.groups, -1, *size).swapaxes(0, 1)
        return value.reshape(inputs * self.groups, -1, *size)

    def put(self, value: np.ndarray) -> None:
        # if normed
        *places, inputs, outputs = self.variable.shape
        value = value.reshape(inputs, outputs, *places) if self.shape else value
        # end
        size = value.shape[2:]
        value = value.reshape(self.groups, -1, *value.shape[1:]).swapaxes(0, 1)
        value = value.reshape(len(value), -1, *size)
        value = np.flip(value, tuple(range(2, value.ndim)))
        self.variable.assign(np.moveaxis(value, (0, 1), (-2, -1)))


# end
def arrays(layer: layers.Layer) -> Iterator[Entry]:
    """What a layer itself holds, under PyTorch's names."""
    match layer:
        # if Dense
        case layers.Dense():
            yield Entry("weight", layer.kernel, (1, 0))
            yield Entry("bias", layer.bias)
        # end
        # if Conv1D
        case layers.Conv1D():
            yield Entry("weight", layer.kernel, (2, 1, 0))
            yield Entry("bias", layer.bias)
        # end
        # if Conv2D
        case layers.Conv2D():
            yield Entry("weight", layer.kernel, (3, 2, 0, 1))
            yield Entry("bias", layer.bias)
        # end
        # if Conv3D
        case layers.Conv3D():
            yield Entry("weight", layer.kernel, (4, 3, 0, 1, 2))
            yield Entry("bias", layer.bias)
        # end
        # if DepthwiseConv1D
        case layers.DepthwiseConv1D():
            shape = (-1, 1, *layer.kernel.shape[:1])
            yield Entry("weight", layer.kernel, (1, 2, 0), shape)
            yield Entry("bias", layer.bias)
        # end
        # if DepthwiseConv2D
        case layers.DepthwiseConv2D():
            shape = (-1, 1, *layer.kernel.shape[:2])
            yield Entry("weight", layer.kernel, (2, 3, 0, 1), shape)
            yield Entry("bias", layer.bias)
        # end
        # if SeparableConv1D
        case layers.SeparableConv1D():
            shape = (-1, 1, *layer.depthwise_kernel.shape[:1])
            yield Entry("depthwise.weight", layer.depthwise_kernel, (1, 2, 0), shape)
            yield Entry("pointwise.weight", layer.pointwise_kernel, (2, 1, 0))
            yield Entry("pointwise.bias", layer.bias)
        # end
        # if SeparableConv2D
        case layers.SeparableConv2D():
            shape = (-1, 1, *layer.depthwise_kernel.shape[:2])
            yield Entry("depthwise.weight", layer.depthwise_kernel, (2, 3, 0, 1), shape)
            yield Entry("pointwise.weight", layer.pointwise_kernel, (3, 2, 0, 1))
            yield Entry("pointwise.bias", layer.bias)
        # end
        # if ConvTranspose1D
        case layers.Conv1DTranspose():
            yield Entry("weight", layer.kernel, (2, 1, 0))
            yield Entry("bias", layer.bias)
        # end
        # if ConvTranspose2D
        case layers.Conv2DTranspose():
            yield Entry("weight", layer.kernel, (3, 2, 0, 1))
            yield Entry("bias", layer.bias)
        # end
        # if ConvTranspose3D
        case layers.Conv3DTranspose():
            yield Entry("weight", layer.kernel, (4, 3, 0, 1, 2))
            yield Entry("bias", layer.bias)
        # end
        # if spread
        case ConvTranspose():
            yield Turned("weight", layer.kernel, groups=layer.groups)
            yield Entry("bias", layer.bias)
        # end
        # if BatchNorm
        case layers.BatchNormalization():
            yield Entry("weight", layer.gamma)
            yield Entry("bias", layer.beta)
            yield Entry("running_mean", layer.moving_mean)
            yield Entry("running_var", layer.moving_variance)
        # end
        # if LayerNorm
        case layers.LayerNormalization():
            yield Entry("weight", layer.gamma)
            yield Entry("bias", layer.beta)
        # end
        # if GroupNorm
        case layers.GroupNormalization():
            yield Entry("weight", layer.gamma)
            yield Entry("bias", layer.beta)
        # end
        # if RMSNorm
        case layers.RMSNormalization():
            yield Entry("weight", layer.scale)
        # end
        # if PReLU
        case layers.PReLU():
            yield Entry("weight", layer.alpha, shape=(-1,))
        # end
        # if Embedding
        case layers.Embedding():
            yield Entry("weight", layer.embeddings)
        # end
        # if single
        case layers.RNN():
            yield from gates("l0", layer.cell)
        # end
        # if two_ways
        case layers.Bidirectional():
            yield from gates("l0", layer.forward_layer.cell)
            yield from gates("l0_reverse", layer.backward_layer.cell)
        # end
        # if stacked
        case Recurrent():
            for i, forward in enumerate(layer.forwards):
                yield from gates(f"l{i}", forward.cell)
            for i, backward in enumerate(layer.backwards):
                yield from gates(f"l{i}_reverse", backward.cell)
        # end
        # if WeightNorm
        case WeightNorm():
            kernel, *others = arrays(layer.layer)
            shape = (-1, *[1] * (len(kernel.shape) - 1)) if kernel.shape else None
            scale = replace(kernel, variable=layer.scale, shape=shape)
            yield replace(scale, name="parametrizations.weight.original0")
            yield replace(kernel, name="parametrizations.weight.original1")
            yield from others
        # end
        # if SpectralNorm
        case SpectralNorm():
            kernel, *others = arrays(layer.layer)
            yield replace(kernel, name="parametrizations.weight.original")
            for name, variable in (("_u", layer.u), ("_v", layer.v)):
                vector = replace(kernel, variable=variable, shape=(-1,))
                yield replace(vector, name=f"parametrizations.weight.0.{name}")
            yield from others
        # end
        # if raw
        case _:  # a class of model.py
            for name, variable in vars(layer).items():
                if isinstance(variable, keras.Variable):
                    yield Entry(name, variable)
        # end


# if recurrent
def gates(place: str, cell: layers.Layer) -> Iterator[Entry]:
    """The kernels and biases of one layer and direction."""
    # if gru
    # if plain
    if not isinstance(cell, layers.GRUCell):
        yield Entry(f"weight_ih_{place}", cell.kernel, (1, 0))
        yield Entry(f"weight_hh_{place}", cell.recurrent_kernel, (1, 0))
        yield Entry(f"bias_ih_{place}", cell.bias)
        # if projected
        if hasattr(cell, "projection_kernel"):
            yield Entry(f"weight_hr_{place}", cell.projection_kernel, (1, 0))
        # end
        return
    # end
    yield Gates(f"weight_ih_{place}", cell.kernel)
    yield Gates(f"weight_hh_{place}", cell.recurrent_kernel)
    # if before
    if not cell.reset_after:
        yield Gates(f"bias_ih_{place}", cell.bias)
        return
    # end
    yield Gates(f"bias_ih_{place}", cell.bias, row=0)
    yield Gates(f"bias_hh_{place}", cell.bias, row=1)
    # end
    # if not gru
    yield Entry(f"weight_ih_{place}", cell.kernel, (1, 0))
    yield Entry(f"weight_hh_{place}", cell.recurrent_kernel, (1, 0))
    yield Entry(f"bias_ih_{place}", cell.bias)
    # if projected
    if hasattr(cell, "projection_kernel"):
        yield Entry(f"weight_hr_{place}", cell.projection_kernel, (1, 0))
    # end
    # end


# end
def parts(owner: layers.Layer) -> Iterator[tuple[str, layers.Layer]]:
    """The layers that an object holds, by name."""
    # if sequential
    if isinstance(owner, keras.Sequential):
        yield from ((layer.name, layer) for layer in owner.layers)
        return
    # end
    # if single
    if isinstance(owner, layers.RNN):  # its arrays are its own
        return
    # end
    # if two_ways
    if isinstance(owner, layers.Bidirectional):  # its arrays are its own
        return
    # end
    # if stacked
    if isinstance(owner, Recurrent):  # its arrays are its own
        yield from ((f"dropouts.{i}", layer) for i, layer in enumerate(owner.dropouts))
        return
    # end
    # if WeightNorm
    if isinstance(owner, WeightNorm):  # its arrays are its own
        return
    # end
    # if SpectralNorm
    if isinstance(owner, SpectralNorm):  # its arrays are its own
        return
    # end
    own = {name: v for name, v in vars(owner).items() if not name.startswith("_")}
    # if lists
    for name, value in list(own.items()):
        if isinstance(value, list):
            own |= {f"{name}.{i}": item for i, item in enumerate(value)}
    # end
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
    # if raw
    yield from arrays(model)
    # end
    for path, layer in sublayers(model):
        for entry in arrays(layer):
            if entry.variable is not None:
                yield replace(entry, name=f"{path}.{entry.name}")


# if rounds
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


# end
# if slots
def slots(model: keras.Model) -> Iterator[Entry]:
    """What the optimizer keeps for each weight that it trains."""
    optimizer = model.optimizer
    # if freezes
    known = {id(variable) for variable in optimizer._trainable_variables}
    learned = [e for e in entries(model) if id(e.variable) in known]  # some later
    # end
    # if not freezes
    learned = [e for e in entries(model) if e.variable.trainable]
    # end
    for entry in learned:
        i = optimizer._get_variable_index(entry.variable)
        for neutral, own in SLOTS.items():
            name = f"optimizer.{entry.name}.{neutral}"
            yield replace(entry, name=name, variable=getattr(optimizer, own)[i])


# end
# if mixed
def slots(model: keras.Model) -> Iterator[Entry]:
    """What the optimizers keep for each weight that they train."""
    for kind, optimizer in model.optimizer.optimizers.items():
        known = {id(variable) for variable in optimizer._trainable_variables}
        for entry in entries(model):
            if id(entry.variable) not in known:
                continue
            i = optimizer._get_variable_index(entry.variable)
            for neutral, own in SLOTS_OF[kind].items():
                name = f"optimizer.{entry.name}.{neutral}"
                yield replace(entry, name=name, variable=getattr(optimizer, own)[i])


# end
# if plain_run
def kept(model: keras.Model, whole: bool) -> list[Entry]:
    """The weights; with `whole`, all that a run needs to go on."""
    # if kept
    return [*entries(model), *(slots(model) if whole else ())]
    # end
    # if not kept
    return list(entries(model))
    # end


# end
def initialise(model: keras.Model, seed: int) -> None:
    """Gives every weight its first value."""
    for entry in entries(model):
        entry.put(weights.draw(entry.name, entry.get().shape, seed))


# if rounds
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


# end
# if plain_run
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


# end
# if dropout
def seed_dropout(model: keras.Model, run: Run) -> None:
    """Each layer draws from its own seed and the number of its calls."""
    calls = run.step  # fill calls
    # if sampled
    for i, (_, layer) in enumerate((*sublayers(model), ("", model))):
        if hasattr(layer, "seed_generator"):
            layer.seed_generator.state.assign([run.seed * 1_000_003 + i, calls])
    # end
    # if not sampled
    for i, (_, layer) in enumerate(sublayers(model)):
        if hasattr(layer, "seed_generator"):
            layer.seed_generator.state.assign([run.seed * 1_000_003 + i, calls])
    # end
    # if state_dropout
    found = model._flatten_layers()
    cells = (layer.cell for layer in found if isinstance(layer, layers.RNN))
    for i, cell in enumerate(cells):  # which draw for each gate
        state = [run.seed * 1_000_003 + 500_000 + i, 4 * calls]
        cell.seed_generator.state.assign(state)
    # end


# end
# if sampled
def seed_evaluation(model: keras.Model) -> None:
    """Every evaluation draws the same numbers."""
    for i, (_, layer) in enumerate((*sublayers(model), ("", model))):
        if hasattr(layer, "seed_generator"):
            layer.seed_generator.state.assign([i, 0])


# end
