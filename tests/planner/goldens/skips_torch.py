"""Net."""

import torch
import torch.nn.functional as F
from torch import Tensor, nn


class ConvAct(nn.Module):
    def __init__(
        self, in_channels: int, c: int, act: type[nn.Module] = nn.ReLU
    ) -> None:
        super().__init__()
        self.conv2d = nn.Conv2d(in_channels, c, 3, padding=1)
        self.act = act()

    def forward(self, x: Tensor) -> Tensor:
        return self.act(self.conv2d(x))


class Inner(nn.Module):
    def __init__(self, c: int, e: int) -> None:
        super().__init__()
        self.conv2d = nn.Conv2d(8, c * e, 1)
        self.conv2d_2 = nn.Conv2d(c * e, 8, 3, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        return self.conv2d_2(F.relu(self.conv2d(x)))


class Bend(nn.Module):
    def __init__(self, c: int, e: int = 2) -> None:
        super().__init__()
        self.inner = Inner(c, e)

    def forward(self, x: Tensor) -> Tensor:
        y = self.inner(x)
        return x + 0.5 * y


class Net(nn.Module):
    """ch=4, mult=[1, 2, 2], repeats=2."""

    def __init__(self) -> None:
        super().__init__()
        self.conv2d = nn.Conv2d(3, 4, 3, padding=1)
        self.conv_acts = nn.ModuleList(
            ConvAct(in_channels, c)
            for in_channels, c in (*[(4, 4)] * 2, (4, 8), *[(8, 8)] * 3)
        )
        self.conv2ds = nn.ModuleList(
            nn.Conv2d(in_channels, in_channels, 3, padding=1) for in_channels in (4, 8)
        )
        self.bend = Bend(8)
        self.conv_acts_2 = nn.ModuleList(
            ConvAct(in_channels, c, act=nn.Tanh)
            for in_channels, c in (*[(16, 8)] * 5, (12, 8), (12, 4), *[(8, 4)] * 2)
        )
        self.conv2ds_2 = nn.ModuleList(nn.Conv2d(8, 8, 3, padding=1) for _ in range(2))
        self.noise = nn.Conv2d(4, 3, 3, padding=1)

    def forward(self, image: Tensor) -> Tensor:  # [B, 3, 8, 6] -> [B, 3, 8, 6]
        x = self.conv2d(image)  # [B, 4, 8, 6]
        skips = [x]
        conv_acts = iter(self.conv_acts)
        conv2ds = iter(self.conv2ds)
        for level in range(3):
            for _ in range(2):
                x = next(conv_acts)(x)
                skips.append(x)
            if level < 2:
                x = next(conv2ds)(x)
                skips.append(x)
        x = self.bend(x)  # [B, 8, 8, 6]
        conv_acts_2 = iter(self.conv_acts_2)
        conv2ds_2 = iter(self.conv2ds_2)
        for level in (2, 1, 0):
            for _ in range(3):
                x = next(conv_acts_2)(torch.cat((x, skips.pop()), dim=1))
            if level > 0:
                x = next(conv2ds_2)(x)  # [B, 8, 8, 6]
        return self.noise(x)
