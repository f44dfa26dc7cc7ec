"""Defaults."""

from collections.abc import Callable
from functools import partial

import torch
from torch import Tensor, nn


class Placed(nn.Module):
    def __init__(self, places: int) -> None:
        super().__init__()
        self.embedding = nn.Embedding(places, 12)

    def forward(self, x: Tensor) -> Tensor:
        return x + self.embedding(torch.arange(6, dtype=torch.int32))


class Scales(nn.Module):
    def __init__(
        self,
        width: int,
        kernels: list[int],
        norm: Callable[..., nn.Module],
        act: Callable[..., nn.Module] = lambda: nn.GELU(approximate="tanh"),
    ) -> None:
        super().__init__()
        self.norm = norm()
        self.parts = nn.ModuleList(
            nn.Conv1d(12, width, k, padding=k // 2) for k in kernels
        )
        self.norm_2 = norm()
        self.act = act()

    def forward(self, x: Tensor) -> Tensor:
        c = self.norm(x).transpose(1, 2)
        parts = [part(c) for part in self.parts]
        return self.act(self.norm_2(torch.cat(parts, dim=1).transpose(1, 2)))


class Defaults(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.placed = Placed(12)
        self.scales = Scales(6, [1, 3], partial(nn.LayerNorm, 12))
        self.scales_2 = Scales(4, [1, 3, 5], partial(nn.LayerNorm, 12))
        self.scales_3 = Scales(
            6, [1, 3], partial(nn.LayerNorm, 12), act=partial(nn.LeakyReLU, 0.2)
        )

    def forward(self, x: Tensor) -> Tensor:  # [B, 6, 12] -> [B, 6, 12]
        h = self.placed(x)
        h = self.scales(h)
        h = self.scales_2(h)
        h = self.scales_3(h)
        return h / torch.linalg.vector_norm(h, dim=(1, 2))[:, None, None]
