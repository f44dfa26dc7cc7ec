"""Net."""

import torch
import torch.nn.functional as F
from torch import Tensor, nn


class Inner(nn.Module):
    def __init__(self, in_channels: int, c: int, e: int) -> None:
        super().__init__()
        self.conv2d = nn.Conv2d(in_channels, c * e, 1)
        self.conv2d_2 = nn.Conv2d(c * e, in_channels, 3, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        return self.conv2d_2(F.relu(self.conv2d(x)))


class Bend(nn.Module):
    def __init__(self, in_channels: int, c: int, e: int = 2) -> None:
        super().__init__()
        self.inner = Inner(in_channels, c, e)

    def forward(self, x: Tensor) -> Tensor:
        y = self.inner(x)
        return x + 0.5 * y


class Deep(nn.Module):
    def __init__(self, in_channels: int, c: int, depth: int) -> None:
        super().__init__()
        self.conv2d = nn.Conv2d(in_channels, c, 3, padding=1)
        self.bends = nn.ModuleList(Bend(c, c) for _ in range(depth))

    def forward(self, x: Tensor) -> Tensor:
        x = self.conv2d(x)
        for bend in self.bends:
            x = bend(x)
        return x


class Two(nn.Module):
    def __init__(self, in_features: int, a: int) -> None:
        super().__init__()
        self.dense = nn.Linear(in_features, a)
        self.dense_2 = nn.Linear(5, a)

    def forward(self, x: Tensor, t: Tensor) -> Tensor:
        return torch.tanh(self.dense(x) + self.dense_2(t))


class Mlp(nn.Module):
    def __init__(self, in_features: int, sizes: list[int], drop: float = 0.0) -> None:
        super().__init__()
        self.denses = nn.ModuleList(
            nn.Linear(size, n)
            for size, n in ((in_features, sizes[0]), (sizes[0], sizes[1]))
        )
        self.dropouts = nn.ModuleList(nn.Dropout(drop) for _ in range(len(sizes)))

    def forward(self, x: Tensor) -> Tensor:
        for dense, dropout in zip(self.denses, self.dropouts, strict=True):
            x = dropout(F.relu(dense(x)))
        return x


class E(nn.Module):
    def __init__(self, in_features: int) -> None:
        super().__init__()
        self.dense = nn.Linear(in_features, 4)

    def forward(self, x: Tensor) -> Tensor:
        return torch.sigmoid(self.dense(x))


class Net(nn.Module):
    """n=3."""

    def __init__(self) -> None:
        super().__init__()
        self.deep = Deep(3, 8, 2)
        self.deep_2 = Deep(8, 8, 3)
        self.deep_3 = Deep(8, 4, 1)
        self.b = Two(4, 6)
        self.two = Two(6, 6)
        self.mlp = Mlp(6, [8, 9])
        self.mlp_2 = Mlp(9, [4, 5], drop=0.1)
        self.denses = nn.ModuleList(
            nn.Linear(in_features, units)
            for in_features, units in ((5, 5), (5, 6), (6, 11), (11, 7), (7, 11))
        )
        self.layer_norms = nn.ModuleList(nn.LayerNorm(11) for _ in range(2))
        self.shared = nn.Linear(5, 7)
        self.e = nn.ModuleList(E(in_features) for in_features in (11, 4))
        self.one = nn.Linear(18, 3)
        self.two_2 = nn.Linear(4, 1)

    def forward(self, image: Tensor, t: Tensor) -> dict[str, Tensor]:
        a = self.deep(image)  # [B, 8, 16, 12]
        a = self.deep_2(a)
        a = self.deep_3(a).mean((2, 3))  # [B, 4]
        b = self.b(a, t=t)  # [B, 6]
        c = self.mlp(self.two(b, t=t))  # [B, 9]
        c = self.mlp_2(c)  # [B, 5]
        denses = iter(self.denses)
        layer_norms = iter(self.layer_norms)
        for i in range(3):
            c = F.relu(next(denses)(c))
            if i > 0:
                c = next(denses)(c)  # [B, 11]
                c = next(layer_norms)(c)
        d = self.shared(t) + self.shared(t)  # [B, 7]
        e = c
        for e_layer in self.e:
            e = e_layer(e)
        one = self.one(torch.cat((c, d), dim=1))  # [B, 3]
        two = self.two_2(e)  # [B, 1]
        return {"one": one, "two": two}
