"""Checkpoints of a PyTorch run, under names that every backend reads."""

from dataclasses import asdict
from pathlib import Path

import torch
from torch import Tensor, nn

import weights
from recipe import Run, restored, updates_of, waited  # fill recipe
from weights import CheckpointError

# if slots
SLOTS = {"exp_avg": "mean", "exp_avg_sq": "square"}  # fill slots


# end
# if several
# for each optimizer PyTorch's names of what it keeps, and the neutral ones
SLOTS_OF = {"critic": {"exp_avg": "mean", "exp_avg_sq": "square"}}  # fill several


# end
# if statistics
def tensors(model: nn.Module) -> dict[str, Tensor]:
    """Weights and statistics by name."""
    state = model.state_dict()
    return {n: t for n, t in state.items() if not n.endswith("num_batches_tracked")}


# end
# if not statistics
def tensors(model: nn.Module) -> dict[str, Tensor]:
    """Weights by name."""
    return model.state_dict()


# end
def initialise(model: nn.Module, seed: int) -> None:
    """Gives every weight its first value."""
    for name, tensor in tensors(model).items():
        shape = tuple(tensor.shape)
        tensor.copy_(torch.from_numpy(weights.draw(name, shape, seed)))


# if slots
def save(
    path: Path,
    run: Run,
    model: nn.Module,
    optimizer: torch.optim.Optimizer | None = None,
) -> None:
    """Writes the weights, and with the optimizer all that a run needs to go on."""
    arrays = {name: t.numpy(force=True) for name, t in tensors(model).items()}
    if optimizer is not None:
        for name, parameter in model.named_parameters():  # fill each
            # if idle
            state = optimizer.state[parameter]
            for own, neutral in SLOTS.items():
                value = state.get(own, torch.zeros_like(parameter))
                arrays[f"optimizer.{name}.{neutral}"] = value.numpy(force=True)
            # end
            # if not idle
            for own, neutral in SLOTS.items():
                value = optimizer.state[parameter][own]
                arrays[f"optimizer.{name}.{neutral}"] = value.numpy(force=True)
            # end
    weights.write(path, arrays, asdict(run))


def load(
    path: Path,
    model: nn.Module,
    optimizer: torch.optim.Optimizer | None = None,
    # if freezes
    per_epoch: int = 0,  # batches of an epoch
    # end
) -> Run:
    """Puts the weights back, and with the optimizer its state.

    Raises CheckpointError if they are not those of this program.
    """
    arrays, facts = weights.read(path)

    def kept(name: str, like: Tensor) -> Tensor:
        if name not in arrays or arrays[name].shape != like.shape:
            raise CheckpointError(f"{path} is of another program: {name} differs")
        return torch.empty_like(like).copy_(torch.from_numpy(arrays[name]))

    for name, tensor in tensors(model).items():
        tensor.copy_(kept(name, tensor))
    run = restored(path, facts)
    if optimizer is not None:
        for name, parameter in model.named_parameters():  # fill each
            state = {
                own: kept(f"optimizer.{name}.{neutral}", parameter.detach())
                for own, neutral in SLOTS.items()
            }
            # if counts
            # if freezes
            count = float(run.step - waited(name, run, per_epoch))
            step = torch.tensor(count, device=parameter.device)
            # end
            # if not freezes
            step = torch.tensor(float(run.step), device=parameter.device)
            # end
            optimizer.state[parameter] = {"step": step, **state}
            # end
            # if not counts
            optimizer.state[parameter] = state
            # end
    return run


# end
# if several
def save(
    path: Path,
    run: Run,
    model: nn.Module,
    optimizers: dict[str, torch.optim.Optimizer] | None = None,
) -> None:
    """Writes the weights, and with the optimizers all that a run needs to go on."""
    arrays = {name: t.numpy(force=True) for name, t in tensors(model).items()}
    for key, optimizer in (optimizers or {}).items():
        for name, parameter in learned(model, optimizer):
            state = optimizer.state[parameter]
            for own, neutral in SLOTS_OF[key].items():
                value = state.get(own, torch.zeros_like(parameter))
                # if rounds
                arrays[f"optimizer.{key}.{name}.{neutral}"] = value.numpy(force=True)
                # end
                # if mixed
                arrays[f"optimizer.{name}.{neutral}"] = value.numpy(force=True)
                # end
    weights.write(path, arrays, asdict(run))


def load(
    path: Path,
    model: nn.Module,
    optimizers: dict[str, torch.optim.Optimizer] | None = None,
    # if freezes
    per_epoch: int = 0,  # batches of an epoch
    # end
) -> Run:
    """Puts the weights back, and with the optimizers their state.

    Raises CheckpointError if they are not those of this program.
    """
    arrays, facts = weights.read(path)

    def kept(name: str, like: Tensor) -> Tensor:
        if name not in arrays or arrays[name].shape != like.shape:
            raise CheckpointError(f"{path} is of another program: {name} differs")
        return torch.empty_like(like).copy_(torch.from_numpy(arrays[name]))

    for name, tensor in tensors(model).items():
        tensor.copy_(kept(name, tensor))
    run = restored(path, facts)
    for key, optimizer in (optimizers or {}).items():
        for name, parameter in learned(model, optimizer):
            # if rounds
            state = {
                own: kept(f"optimizer.{key}.{name}.{neutral}", parameter.detach())
                for own, neutral in SLOTS_OF[key].items()
            }
            # end
            # if mixed
            state = {
                own: kept(f"optimizer.{name}.{neutral}", parameter.detach())
                for own, neutral in SLOTS_OF[key].items()
            }
            # end
            if not isinstance(optimizer, torch.optim.SGD):  # which counts no steps
                # if rounds
                # if freezes
                late = updates_of(key, waited(name, run, per_epoch))
                count = float(updates_of(key, run.step) - late)
                # end
                # if not freezes
                count = float(updates_of(key, run.step))
                # end
                # end
                # if mixed
                # if freezes
                count = float(run.step - waited(name, run, per_epoch))
                # end
                # if not freezes
                count = float(run.step)
                # end
                # end
                state["step"] = torch.tensor(count, device=parameter.device)
            optimizer.state[parameter] = state
    return run


# end
# if some
def learned(
    model: nn.Module, optimizer: torch.optim.Optimizer
) -> list[tuple[str, nn.Parameter]]:
    """The parameters that an optimizer updates, by name."""
    own = {id(p) for group in optimizer.param_groups for p in group["params"]}
    return [(n, p) for n, p in model.named_parameters() if id(p) in own]


# end
# if plain
def save(path: Path, run: Run, model: nn.Module) -> None:
    """Writes the weights and where the run stands."""
    arrays = {name: t.numpy(force=True) for name, t in tensors(model).items()}
    weights.write(path, arrays, asdict(run))


def load(path: Path, model: nn.Module) -> Run:
    """Puts the weights back. Raises CheckpointError if they are not this model's."""
    arrays, facts = weights.read(path)
    for name, tensor in tensors(model).items():
        if name not in arrays or arrays[name].shape != tensor.shape:
            raise CheckpointError(f"{path} is of another program: {name} differs")
        tensor.copy_(torch.from_numpy(arrays[name]))
    return restored(path, facts)


# end
