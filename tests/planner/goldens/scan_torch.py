"""Recurrences."""

from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor, nn


def scan(
    step: Callable[..., tuple[Tensor, ...]],
    sequences: tuple[Tensor, ...],
    states: tuple[Tensor, ...],
) -> tuple[Tensor, ...]:
    """The outputs of a cell at each step: it gives those, then its next states."""
    steps = []
    for x in zip(*(s.unbind(1) for s in sequences), strict=True):
        made = step(*x, *states)
        steps.append(made[: -len(states)])
        states = made[-len(states) :]
    return tuple(torch.stack(y, 1) for y in zip(*steps, strict=True))


def maxout(x: Tensor, pieces: int, dim: int) -> Tensor:
    """The greatest of each group of neighbours on an axis."""
    dim %= x.ndim
    return x.reshape(*x.shape[:dim], -1, pieces, *x.shape[dim + 1 :]).amax(dim + 1)


class Gated(nn.Module):
    def __init__(self, e: int, m: int, dim: int, align: int) -> None:
        super().__init__()
        self.dense = nn.Linear(dim, align, bias=False)
        self.dense_2 = nn.Linear(align, 1, bias=False)
        self.new = nn.Linear(e + dim + m, dim)
        self.dense_3 = nn.Linear(dim + e + m, 4)

    def forward(
        self, y: Tensor, memory: Tensor, keys: Tensor, h: Tensor
    ) -> tuple[Tensor, Tensor]:
        e = self.dense_2(torch.tanh(keys + self.dense(h)[:, None]))
        c = (F.softmax(e, dim=1) * memory).sum(1)
        new = torch.tanh(self.new(torch.cat((y, h, c), dim=1)))
        next_h = 0.5 * (h + new)
        output = maxout(self.dense_3(torch.cat((h, y, c), dim=1)), 2, -1)
        return output, next_h


class Cell(nn.Module):
    def __init__(self, d: int, dim: int) -> None:
        super().__init__()
        self.u = nn.Linear(d + dim, dim)
        self.new = nn.Linear(d + dim, dim)

    def forward(self, x: Tensor, h: Tensor) -> tuple[Tensor, Tensor]:
        u = torch.sigmoid(self.u(torch.cat((x, h), dim=1)))
        new = u * h + (1 - u) * torch.tanh(self.new(torch.cat((x, h), dim=1)))
        return new, new


class Reader(nn.Module):
    def __init__(self, dim: int) -> None:
        super().__init__()
        self.cell = Cell(4, dim)

    def forward(self, x: Tensor, start: Tensor) -> Tensor:
        return scan(self.cell, (x,), (start,))[0]


class Paired(nn.Module):
    def __init__(self, dim: int) -> None:
        super().__init__()
        self.dim = dim
        self.dense = nn.Linear(4, 2 * dim)

    def forward(
        self, a: Tensor, b: Tensor, count: Tensor, c: Tensor
    ) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        seen = count + 1
        next_count = seen
        seen = seen * 2
        next_c = c * 0.5 + self.dense(a).reshape(-1, self.dim, 2) / seen[:, None, None]
        output = c.sum(2) + b.sum(1)[:, None]
        output_2 = b * count[:, None]
        return output, output_2, next_count, next_c


class Recurrences(nn.Module):
    """dim=5."""

    def __init__(self) -> None:
        super().__init__()
        self.k = nn.Linear(6, 2)
        self.gated = Gated(4, 6, 5, 2)
        self.read = Reader(5)
        self.paired = Paired(4)
        self.deep = nn.ModuleList(Cell(d, 5) for d in (4, 5))
        self.own = Cell(4, 3)

    def forward(self, x: Tensor, z: Tensor, m: Tensor) -> dict[str, Tensor]:
        k = self.k(m)  # [B, 3, 2]
        # [B, 7, 2]
        gated = scan(lambda y, h: self.gated(y, memory=m, keys=k, h=h), (x,), (z,))[0]
        read = self.read(x, start=z)  # [B, 7, 5]
        p, q = scan(
            self.paired,
            (x, x[:, :, :3]),
            (x.new_full((x.shape[0],), 1.0), x.new_full((x.shape[0], 4, 2), 0.5)),
        )
        deep = x
        for deep_layer in self.deep:
            deep = scan(deep_layer, (deep,), (deep.new_zeros(deep.shape[0], 5),))[0]
        h = x * 2
        # [B, 7, 3]
        shared = (
            scan(self.own, (x,), (x.new_zeros(x.shape[0], 3),))[0]
            + scan(self.own, (h,), (h.new_zeros(h.shape[0], 3),))[0]
        )
        return {
            "gated": gated,
            "read": read,
            "p": p,
            "q": q,
            "deep": deep,
            "shared": shared,
        }
