"""Net."""

import torch
import torch.nn.functional as F
from torch import Tensor, nn


def swish(x: Tensor, beta: float = 1.0) -> Tensor:
    """x times a sigmoid."""
    return x * torch.sigmoid(beta * x)


def rescaled(
    x: Tensor, s: Tensor, value: int, power: int = 1, centred: bool = False
) -> Tensor:
    if centred:
        x = x - x.mean((2, 3))[:, :, None, None]
    for _ in range(power):
        x = x * s[:, :, None, None]
    return x / value


def pieces_of(x: Tensor, n: int) -> tuple[Tensor, Tensor]:
    pieces = [x * i for i in range(1, n + 1)]
    total = sum(pieces[1:], pieces[0])
    last = pieces[-1] - x
    return total, last


def mixed(a: Tensor, b: Tensor, way: str = "sum") -> Tensor:
    return torch.maximum(a, b) if way == "max" else a + swish(b, beta=0.5)


def relu6ish(x: Tensor) -> Tensor:
    value = F.relu(x)
    return -F.relu(6 - value) + 6


def print_(torch_: Tensor, len_: int = 3, self: int = 4) -> Tensor:
    mask = torch_ * len_
    inputs = mask + self
    return F.relu(inputs)


class Unit(nn.Module):
    def __init__(self, beta: float, n: int) -> None:
        super().__init__()
        self.beta = beta
        self.dense = nn.Linear(6, n)
        self.dense_2 = nn.Linear(n, 6)

    def forward(self, x: Tensor) -> Tensor:
        return x + self.dense_2(swish(self.dense(x), beta=self.beta))


class Unit2(nn.Module):
    def __init__(self, n: int, act: type[nn.Module] = nn.ReLU) -> None:
        super().__init__()
        self.dense = nn.Linear(6, n)
        self.act = act()
        self.dense_2 = nn.Linear(n, 6)

    def forward(self, x: Tensor) -> Tensor:
        return x + self.dense_2(self.act(self.dense(x)))


class Tail(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.dense = nn.Linear(6, 6)

    def forward(self, x: Tensor) -> Tensor:
        return swish(self.dense(x))


class Net(nn.Module):
    """depth=2."""

    def __init__(self) -> None:
        super().__init__()
        self.conv2d = nn.Conv2d(4, 6, 3)
        self.conv2d_2 = nn.Conv2d(6, 6, 3, padding=1)
        self.unit = Unit(1.0, 4)
        self.unit_2 = Unit(2.0, 5)
        self.unit_3 = Unit2(3)
        self.tail = Tail()
        self.y = nn.Linear(342, 3)

    def forward(self, image: Tensor, v: Tensor) -> Tensor:
        h = swish(self.conv2d(image))  # [B, 6, 6, 4]
        h = swish(self.conv2d_2(h), beta=0.3)
        s = swish(h.mean((2, 3)), beta=1.5)  # [B, 6]
        # [B, 6, 6, 4]
        h = (
            rescaled(h, s, value=3)
            + rescaled(h, s, value=3, power=2)
            + rescaled(h, s, value=3, centred=True)
        )
        g = rescaled(image, s[:, :4], value=2, power=3)  # [B, 4, 8, 6]
        a, b = pieces_of(v, n=3)
        c, d = pieces_of(v, n=2)
        e = mixed(a, b) + mixed(c, d, way="max") + mixed(d, c, way="max")  # [B, 6]
        for i in range(2):
            e = relu6ish(mixed(e, e * i))
        e = self.unit(e)  # [B, 6]
        e = self.unit_2(e)
        e = self.unit_3(e)
        e = print_(self.tail(e), self=2)
        return self.y(torch.cat((h.flatten(1), e, g.flatten(1)), dim=1))
