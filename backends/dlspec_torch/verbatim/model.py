"""What PyTorch lacks: each definition is copied whole where a model needs it."""

from collections.abc import Callable
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn


def without(layer: nn.Module, name: str) -> nn.Module:
    """The layer without one of its parameters."""
    layer.register_parameter(name, None)
    return layer


class Stacked(nn.RNNBase):
    """The layers of an nn.LSTM or nn.GRU, with dropout between them from a seed.

    On a GPU those draw it from a state of cuDNN's, which no seed reaches.
    """

    def forward(self, x: Tensor, start: Any = None) -> tuple[Tensor, Any]:
        ways = 2 if self.bidirectional else 1
        if start is None:
            zero = x.new_zeros(self.num_layers * ways, x.shape[0], self.hidden_size)
            start = (zero, zero) if self.mode == "LSTM" else zero
        starts = start if self.mode == "LSTM" else (start,)
        ends = []
        for i in range(self.num_layers):
            if i > 0:
                x = F.dropout(x, self.dropout, self.training)
            part = slice(i * ways, (i + 1) * ways)
            weights = [w for way in self.all_weights[part] for w in way]
            states = [s[part] for s in starts]
            options = (self.bias, 1, 0.0, self.training, self.bidirectional, True)
            if self.mode == "LSTM":
                x, *end = torch.lstm(x, states, weights, *options)
            else:
                x, *end = torch.gru(x, states[0], weights, *options)
            ends.append(end)
        state = tuple(torch.cat(s) for s in zip(*ends, strict=True))
        return x, state if self.mode == "LSTM" else state[0]


def one_bias(lstm: nn.RNNBase) -> nn.RNNBase:
    """The layer with one bias: PyTorch's second is zero and no weight."""
    for name, parameter in list(lstm.named_parameters()):
        if name.startswith("bias_hh"):
            zero = torch.zeros_like(parameter)
            delattr(lstm, name)
            lstm.register_buffer(name, zero, persistent=False)
            setattr(lstm, name, zero)  # also in the layer's own list
    return lstm


def returned(
    result: tuple[Tensor, Any], kinds: tuple[str, ...], directions: int = 1
) -> tuple[Tensor, ...]:
    """`last`, `all` and `state` of what a recurrent layer gives, the batch in front."""
    steps, state = result
    states = state if isinstance(state, tuple) else (state,)  # h and c of an LSTM
    found = {
        "last": (states[0][-directions:].transpose(0, 1).flatten(1),),
        "all": (steps,),
        "state": tuple(s[0] if len(s) == 1 else s.transpose(0, 1) for s in states),
    }
    return tuple(tensor for kind in kinds for tensor in found[kind])


def avg_pool1d(x: Tensor, kernel: int, stride: int, pads: tuple[int, ...]) -> Tensor:
    """The mean of each window over the places that are not padding."""
    inside = F.pad(torch.ones_like(x[:1, :1]), pads)
    share = F.avg_pool1d(inside, kernel, stride)
    return F.avg_pool1d(F.pad(x, pads), kernel, stride) / share


def avg_pool2d(
    x: Tensor,
    kernel: int | tuple[int, int],
    stride: int | tuple[int, int],
    pads: tuple[int, ...],
) -> Tensor:
    """The mean of each window over the places that are not padding."""
    inside = F.pad(torch.ones_like(x[:1, :1]), pads)
    share = F.avg_pool2d(inside, kernel, stride)
    return F.avg_pool2d(F.pad(x, pads), kernel, stride) / share


def avg_pool3d(
    x: Tensor,
    kernel: int | tuple[int, int, int],
    stride: int | tuple[int, int, int],
    pads: tuple[int, ...],
) -> Tensor:
    """The mean of each window over the places that are not padding."""
    inside = F.pad(torch.ones_like(x[:1, :1]), pads)
    share = F.avg_pool3d(inside, kernel, stride)
    return F.avg_pool3d(F.pad(x, pads), kernel, stride) / share


def adaptive_pool(
    x: Tensor, size: tuple[int, ...], reduction: Callable[..., Tensor]
) -> Tensor:
    """So many windows on each axis, overlapping where they do not divide its places."""
    for axis, count in enumerate(size, start=2):
        n = x.shape[axis]
        places = [(i * n // count, -(-(i + 1) * n // count)) for i in range(count)]
        windows = [reduction(x.narrow(axis, a, b - a), axis, True) for a, b in places]
        x = torch.cat(windows, axis)
    return x


def taken(x: Tensor, index: Tensor) -> Tensor:
    """The places of each example that its own index names, along its first axis."""
    example = torch.arange(len(x), device=x.device)
    return x[example.reshape(-1, *[1] * (index.dim() - 1)), index.long()]


def nearest(x: Tensor, size: tuple[int, ...]) -> Tensor:
    """Resized to the nearest places, found in integers: floats would round halves."""
    for axis, m in enumerate(size, start=2):
        middle = (2 * torch.arange(m, device=x.device) + 1) * x.shape[axis]
        x = x.index_select(axis, middle // (2 * m))
    return x
