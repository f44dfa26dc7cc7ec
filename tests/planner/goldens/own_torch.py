"""Net."""

import torch
import torch.nn.functional as F
from torch import Tensor, nn


class Scaled(nn.Module):
    def __init__(self, in_channels: int, c: int, start: int = 0) -> None:
        super().__init__()
        self.start = start
        self.shift = None
        if start > 0:
            self.shift = nn.Parameter(torch.zeros(in_channels, 8, 1))
            self.factors = nn.Buffer(torch.tensor([0.5, 1.0, 2.0]), persistent=False)
        self.scale = nn.Parameter(torch.zeros(in_channels))
        self.conv2d = nn.Conv2d(in_channels, c, 1)

    def forward(self, x: Tensor) -> Tensor:
        if self.shift is not None:
            x = x + self.shift * self.factors[self.start]
        return self.conv2d(x * self.scale[:, None, None])


class Tokens(nn.Module):
    def __init__(self, in_features: int, h: int, w: int, dim: int) -> None:
        super().__init__()
        self.t = nn.Linear(in_features, dim)
        self.cls = nn.Parameter(torch.zeros(1, dim))
        self.pos = nn.Parameter(torch.zeros(h * w + 1, dim))

    def forward(self, x: Tensor) -> Tensor:
        t = self.t(x.flatten(2).transpose(1, 2))
        return torch.cat((self.cls.expand(x.shape[0], -1, -1), t), dim=1) + self.pos


class Net(nn.Module):
    """dim=8."""

    def __init__(self) -> None:
        super().__init__()
        self.average = nn.Buffer(torch.tensor([0.485, 0.456, 0.406]), persistent=False)
        self.scaled = Scaled(3, 4)
        self.scaled_2 = Scaled(4, 6, start=1)
        self.scaled_3 = Scaled(6, 5, start=2)
        self.t = Tokens(5, 8, 6, 8)
        self.gain = nn.Parameter(torch.zeros(()))
        self.noise = nn.Buffer(torch.zeros(8))
        self.y = nn.Linear(8, 2)
        self.dense = nn.Linear(240, 48)
        self.tokens = Tokens(2, 4, 6, 4)

    def forward(self, image: Tensor) -> dict[str, Tensor]:
        x = F.relu(self.scaled(image - self.average[:, None, None]))  # [B, 4, 8, 6]
        x = self.scaled_2(x)  # [B, 6, 8, 6]
        x = self.scaled_3(x)  # [B, 5, 8, 6]
        t = self.t(x)  # [B, 49, 8]
        y = self.y(t[:, 0] * self.gain + self.noise)  # [B, 2]
        p = self.noise.expand(image.shape[0], -1)  # [B, 8]
        q = self.dense(x.flatten(1)).reshape(-1, 2, 4, 6)  # [B, 2, 4, 6]
        q = self.tokens(q)  # [B, 25, 4]
        return {"y": y, "p": p, "q": q}
