"""Reader: Handwritten digits, read row by row by an LSTM (19,338 parameters)."""

from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn


class Recurrent(nn.RNNBase):
    """The layers of nn.RNN, nn.LSTM or nn.GRU, which torch.compile refuses.

    Dropout between them is drawn from a seed, also on a GPU, where cuDNN would draw
    it from a state of its own.
    """

    def forward(self, x: Tensor, start: Any = None) -> tuple[Tensor, Any]:
        ways = 2 if self.bidirectional else 1
        starts = self.starts(x, start)
        run = getattr(torch, self.mode.lower())
        count = 1 if self.training and self.dropout else self.num_layers
        ends = []
        for i in range(0, self.num_layers, count):
            if i > 0:
                x = F.dropout(x, self.dropout)
            part = slice(i * ways, (i + count) * ways)
            weights = [w for way in self.all_weights[part] for w in way]
            states = [s[part] for s in starts]
            given = states if self.mode == "LSTM" else states[0]
            options = (self.bias, count, 0.0, self.training, self.bidirectional, True)
            x, *end = run(x, given, weights, *options)
            ends.append(end)
        state = tuple(torch.cat(s) for s in zip(*ends, strict=True))
        return x, state if self.mode == "LSTM" else state[0]

    def starts(self, x: Tensor, start: Any) -> tuple[Tensor, ...]:
        """The first h, and c of an LSTM: 0 where none is given."""
        lstm = self.mode == "LSTM"
        if start is not None:
            return tuple(start) if lstm else (start,)
        count = self.num_layers * (2 if self.bidirectional else 1)
        sizes = (self.proj_size or self.hidden_size, self.hidden_size)[: 1 + lstm]
        return tuple(x.new_zeros(count, x.shape[0], size) for size in sizes)


def one_bias(lstm: nn.RNNBase) -> nn.RNNBase:
    """The layer with one bias: PyTorch's second is zero and no weight."""
    for name, parameter in list(lstm.named_parameters()):
        if name.startswith("bias_hh"):
            zero = torch.zeros_like(parameter)
            delattr(lstm, name)
            lstm.register_buffer(name, zero, persistent=False)
            setattr(lstm, name, zero)  # also in the layer's own list
    return lstm


class Reader(nn.Module):
    """units=64, classes=10."""

    def __init__(self) -> None:
        super().__init__()
        self.lstm = one_bias(Recurrent("LSTM", 8, 64, batch_first=True))
        self.dropout = nn.Dropout(0.1)
        self.dense = nn.Linear(64, 10)

    def forward(self, image: Tensor) -> Tensor:  # [B, 1, 8, 8] -> [B, 10]
        rows = image.reshape(-1, 8, 8)  # [B, 8, 8]
        rows = self.dropout(self.lstm(rows)[0][:, -1])  # [B, 64]
        return self.dense(rows)
