"""Norms."""

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.nn.utils.parametrizations import spectral_norm, weight_norm


class Down(nn.Module):
    def __init__(self, in_channels: int, c: int, stride: int = 1) -> None:
        super().__init__()
        self.conv2d = spectral_norm(
            nn.Conv2d(in_channels, c, 3, stride=stride, padding=1)
        )

    def forward(self, x: Tensor) -> Tensor:
        return F.leaky_relu(self.conv2d(x))


class Up(nn.Module):
    def __init__(self, in_channels: int, c: int) -> None:
        super().__init__()
        self.y = weight_norm(
            nn.ConvTranspose2d(in_channels, c, 4, stride=2, padding=1), dim=1
        )
        self.depthwise_conv2d = weight_norm(nn.Conv2d(c, c * 2, 3, padding=1, groups=c))

    def forward(self, x: Tensor) -> Tensor:
        y = F.relu(self.y(x))
        return self.depthwise_conv2d(y)


class Norms(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.down = Down(3, 4)
        self.downs = nn.ModuleList(
            Down(in_channels, 8, stride=2) for in_channels in (4, 8)
        )
        self.up = Up(8, 6)
        self.up_2 = Up(12, 3)
        self.dense = weight_norm(nn.Linear(384, 5))
        self.dense_2 = spectral_norm(nn.Linear(5, 1))

    def forward(self, image: Tensor) -> Tensor:  # [B, 3, 8, 8] -> [B, 1]
        x = self.down(image)  # [B, 4, 8, 8]
        for down in self.downs:
            x = down(x)
        x = self.up(x)  # [B, 12, 4, 4]
        x = self.up_2(x)  # [B, 6, 8, 8]
        x = torch.tanh(self.dense(x.flatten(1)))  # [B, 5]
        return self.dense_2(x)
