"""What weights are held to after each update; a `train.py` has what it needs of it."""

import torch
from torch import Tensor


def non_neg(w: Tensor) -> Tensor:
    """Nothing below 0."""
    return w.clamp(min=0)


def max_norm(w: Tensor, axis: tuple[int, ...], most: float) -> Tensor:
    """Norms of no more than `most`."""
    norm = torch.linalg.vector_norm(w, dim=axis, keepdim=True)
    return w * (norm.clamp(max=most) / (norm + 1e-7))


def unit_norm(w: Tensor, axis: tuple[int, ...]) -> Tensor:
    """Norms of 1."""
    return w / (torch.linalg.vector_norm(w, dim=axis, keepdim=True) + 1e-7)


def min_max_norm(
    w: Tensor, axis: tuple[int, ...], least: float, most: float, rate: float = 1.0
) -> Tensor:
    """Norms between two numbers."""
    norm = torch.linalg.vector_norm(w, dim=axis, keepdim=True)
    wanted = rate * norm.clamp(least, most) + (1 - rate) * norm
    return w * (wanted / (norm + 1e-7))
