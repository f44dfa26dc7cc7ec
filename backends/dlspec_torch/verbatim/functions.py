"""Functions that PyTorch lacks: each is copied whole where a model needs it."""

import torch
from torch import Tensor


def squareplus(x: Tensor, b: float) -> Tensor:
    """A smooth ReLU of roots."""
    return (x + (x.square() + b).sqrt()) / 2


def sparse_plus(x: Tensor) -> Tensor:
    """A smooth ReLU: 0 below -1, x above 1, and a parabola between them."""
    return torch.where(x < 1, (x.clamp(min=-1) + 1).square() / 4, x)


def sparse_sigmoid(x: Tensor) -> Tensor:
    """A Sigmoid of three lines."""
    return ((x + 1) / 2).clamp(0, 1)


def sparsemax(x: Tensor, dim: int) -> Tensor:
    """The numbers that add to 1 along an axis and are closest to x; many are 0."""
    ranked = x.sort(dim, descending=True).values
    excess = ranked.cumsum(dim) - 1
    rank = torch.ones_like(x).cumsum(dim)
    count = (rank * ranked > excess).sum(dim, keepdim=True)  # those above 0
    return (x - excess.gather(dim, count - 1) / count).clamp(min=0)


def maxout(x: Tensor, pieces: int, dim: int) -> Tensor:
    """The greatest of each group of neighbours on an axis."""
    return x.unflatten(dim, (-1, pieces)).amax(dim + 1 if dim >= 0 else dim)
