"""Checkpoints of a PyTorch run, under names that every backend reads."""

from dataclasses import asdict
from pathlib import Path

import torch
from torch import Tensor, nn

import weights
from recipe import Run, restored, updates_of
from weights import CheckpointError

# for each optimizer PyTorch's names of what it keeps, and the neutral ones
SLOTS_OF = {
    "critic": {"exp_avg": "mean", "exp_avg_sq": "square"},
    "generator": {"exp_avg": "mean", "exp_avg_sq": "square"},
}


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
    optimizers: dict[str, torch.optim.Optimizer] | None = None,
) -> None:
    """Writes the weights, and with the optimizers all that a run needs to go on."""
    arrays = {name: t.numpy(force=True) for name, t in tensors(model).items()}
    for key, optimizer in (optimizers or {}).items():
        for name, parameter in learned(model, optimizer):
            state = optimizer.state[parameter]
            for own, neutral in SLOTS_OF[key].items():
                value = state.get(own, torch.zeros_like(parameter))
                arrays[f"optimizer.{key}.{name}.{neutral}"] = value.numpy(force=True)
    weights.write(path, arrays, asdict(run))


def load(
    path: Path,
    model: nn.Module,
    optimizers: dict[str, torch.optim.Optimizer] | None = None,
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
            state = {
                own: kept(f"optimizer.{key}.{name}.{neutral}", parameter.detach())
                for own, neutral in SLOTS_OF[key].items()
            }
            if not isinstance(optimizer, torch.optim.SGD):  # which counts no steps
                count = float(updates_of(key, run.step))
                state["step"] = torch.tensor(count, device=parameter.device)
            optimizer.state[parameter] = state
    return run


def learned(
    model: nn.Module, optimizer: torch.optim.Optimizer
) -> list[tuple[str, nn.Parameter]]:
    """The parameters that an optimizer updates, by name."""
    own = {id(p) for group in optimizer.param_groups for p in group["params"]}
    return [(n, p) for n, p in model.named_parameters() if id(p) in own]
