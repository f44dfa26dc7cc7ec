"""ResNet: A residual network (He et al. 2016), reduced to the size of handwritten
digits.

42,938 parameters.
"""

from collections import OrderedDict

import torch.nn.functional as F
from torch import Tensor, nn


class ConvBN(nn.Module):
    def __init__(
        self,
        in_channels: int,
        c: int,
        k: int,
        stride: int = 1,
        act: type[nn.Module] = nn.ReLU,
    ) -> None:
        super().__init__()
        self.conv2d = nn.Conv2d(
            in_channels, c, k, stride=stride, padding=k // 2, bias=False
        )
        self.batch_norm = nn.BatchNorm2d(c)
        self.act = act()

    def forward(self, x: Tensor) -> Tensor:
        return self.act(self.batch_norm(self.conv2d(x)))


class Residual(nn.Module):
    def __init__(self, in_channels: int, channels: int, stride: int = 1) -> None:
        super().__init__()
        self.conv_bn = ConvBN(in_channels, channels, 3, stride=stride)
        self.conv_bn_2 = ConvBN(channels, channels, 3, act=nn.Identity)
        self.shortcut = None
        if stride != 1 or in_channels != channels:
            self.shortcut = nn.Sequential(
                OrderedDict(
                    conv2d=nn.Conv2d(
                        in_channels, channels, 1, stride=stride, bias=False
                    ),
                    batch_norm=nn.BatchNorm2d(channels),
                )
            )

    def forward(self, x: Tensor) -> Tensor:
        y = self.conv_bn_2(self.conv_bn(x))
        if self.shortcut is not None:
            x = self.shortcut(x)
        return F.relu(x + y)


class ResNet(nn.Module):
    """depths=[2, 2], widths=[16, 32], classes=10."""

    def __init__(self) -> None:
        super().__init__()
        self.conv_bn = ConvBN(1, 16, 3)
        self.residuals = nn.ModuleList(
            Residual(in_channels, channels, stride=stride)
            for in_channels, channels, stride in (
                *[(16, 16, 1)] * 2,
                (16, 32, 2),
                (32, 32, 1),
            )
        )
        self.logits = nn.Linear(32, 10)

    def forward(self, image: Tensor) -> Tensor:  # [B, 1, 8, 8] -> [B, 10]
        x = self.conv_bn(image)  # [B, 16, 8, 8]
        for residual in self.residuals:
            x = residual(x)
        return self.logits(x.mean((2, 3)))
