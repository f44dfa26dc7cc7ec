"""Checkpoints of a PyTorch run, under names that every backend reads."""

from dataclasses import asdict
from pathlib import Path

import torch
from torch import Tensor, nn

import weights
from recipe import Run, restored
from weights import CheckpointError

# PyTorch's names, and the neutral ones
SLOTS = {"exp_avg": "mean", "exp_avg_sq": "square"}


def tensors(model: nn.Module) -> dict[str, Tensor]:
    """Weights and statistics by name."""
    state = model.state_dict()
    return {n: t for n, t in state.items() if not n.endswith("num_batches_tracked")}


def initialise(model: nn.Module, seed: int) -> None:
    """Gives every weight its first value."""
    for name, tensor in tensors(model).items():
        shape = tuple(tensor.shape)
        tensor.copy_(torch.from_numpy(weights.draw(name, shape, seed)))


def save(
    path: Path,
    run: Run,
    model: nn.Module,
    optimizer: torch.optim.Optimizer | None = None,
) -> None:
    """Writes the weights, and with the optimizer all that a run needs to go on."""
    arrays = {name: t.numpy(force=True) for name, t in tensors(model).items()}
    if optimizer is not None:
        for name, parameter in model.named_parameters():
            for own, neutral in SLOTS.items():
                value = optimizer.state[parameter][own]
                arrays[f"optimizer.{name}.{neutral}"] = value.numpy(force=True)
    weights.write(path, arrays, asdict(run))


def load(
    path: Path,
    model: nn.Module,
    optimizer: torch.optim.Optimizer | None = None,
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
        for name, parameter in model.named_parameters():
            state = {
                own: kept(f"optimizer.{name}.{neutral}", parameter.detach())
                for own, neutral in SLOTS.items()
            }
            step = torch.tensor(float(run.step), device=parameter.device)
            optimizer.state[parameter] = {"step": step, **state}
    return run
