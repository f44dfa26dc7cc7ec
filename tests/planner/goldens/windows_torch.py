"""Windows."""

import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn


def max_pool_places(
    x: Tensor,
    size: int | tuple[int, ...],
    stride: int | tuple[int, ...] | None = None,
    dilation: int | tuple[int, ...] = 1,
    pads: tuple[int, ...] = (),
) -> tuple[Tensor, Tensor]:
    """The greatest of each window, and its place among those of its channel."""
    pool = (F.max_pool1d, F.max_pool2d, F.max_pool3d)[x.dim() - 3]
    wide = F.pad(x, pads, value=float("-inf"))
    y, at = pool(wide, size, stride, dilation=dilation, return_indices=True)
    places, each = torch.zeros_like(at), 1
    for axis in range(x.dim() - 1, 1, -1):
        n = wide.shape[axis]
        before = pads[2 * (x.dim() - 1 - axis)] if pads else 0
        places = places + (at % n - before) * each
        at, each = at // n, each * x.shape[axis]
    return y, places.int()


def max_unpool(x: Tensor, places: Tensor, size: tuple[int, ...]) -> Tensor:
    """Each value at its place among those of its channel, 0 elsewhere.

    Several values of one place are brought to their mean.
    """
    at, values = places.long().flatten(2), x.flatten(2)
    empty = x.new_zeros(*x.shape[:2], math.prod(size))
    number = empty.scatter_add(2, at, torch.ones_like(values))
    y = empty.scatter_add(2, at, values) / number.clamp(min=1)
    return y.unflatten(2, size)


class Segment(nn.Module):
    def __init__(self, in_channels: int, c: int) -> None:
        super().__init__()
        self.conv2d = nn.Conv2d(in_channels, c, 3, padding=1)
        self.conv2d_2 = nn.Conv2d(c, c, 1)
        self.conv2d_3 = nn.Conv2d(c, c, 1)

    def forward(self, x: Tensor) -> Tensor:
        y, places = max_pool_places(self.conv2d(x), 2)
        return self.conv2d_3(max_unpool(F.relu(self.conv2d_2(y)), places, (8, 6)))


class Smooth(nn.Module):
    def __init__(
        self,
        in_channels: int,
        in_channels_2: int,
        size: tuple[int, ...],
        h: int,
        w: int,
        k: int,
    ) -> None:
        super().__init__()
        self.k = k
        self.size = size
        self.h = h
        self.w = w
        self.y = nn.Conv2d(in_channels, in_channels_2 * k**2, 1)

    def forward(self, x: Tensor) -> Tensor:
        y = F.unfold(x, self.k, padding=self.k // 2).unflatten(2, self.size)
        y = self.y(y)
        return F.fold(y.flatten(2), (self.h, self.w), self.k, padding=self.k // 2)


class Windows(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.segment = Segment(2, 4)
        self.segment_2 = Segment(4, 3)
        self.smooth = Smooth(27, 3, (8, 6), 8, 6, 3)
        self.smooth_2 = Smooth(12, 3, (9, 7), 8, 6, 2)
        self.dense = nn.Linear(144, 2)

    def forward(self, image: Tensor) -> Tensor:  # [B, 2, 8, 6] -> [B, 2]
        x = self.segment(image)  # [B, 4, 8, 6]
        x = self.segment_2(x)  # [B, 3, 8, 6]
        x = self.smooth(x)
        x = self.smooth_2(x).flatten(1)  # [B, 144]
        return self.dense(x)
