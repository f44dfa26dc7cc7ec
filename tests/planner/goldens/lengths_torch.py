"""Lengths."""

import torch
import torch.nn.functional as F
from torch import Tensor, nn


def split_axis(x: Tensor, dim: int, sizes: tuple[int, ...]) -> Tensor:
    """Like `unflatten`, which would fix the other axes of a graph that is traced."""
    return x.reshape(*x.shape[:dim], *sizes, *x.shape[dim + 1 :])


class Heads(nn.Module):
    def __init__(self, in_features: int, size: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.in_features = in_features
        self.size = size
        self.dense = nn.Linear(in_features, in_features)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        h = split_axis(x, 2, (self.heads, self.in_features // self.heads))
        x = torch.tanh(self.dense(x))
        output = x + h.flatten(2)
        output_2 = h.transpose(1, 2)
        output_2 = output_2.reshape(output_2.shape[0], self.heads * 2, -1, self.size)
        return output, output_2


class Lengths(nn.Module):
    """dim=8, T <= 12, S <= 9."""

    def __init__(self) -> None:
        super().__init__()
        self.embedding = nn.Embedding(9, 8)
        self.embedding_2 = nn.Embedding(12, 8)
        self.heads = Heads(8, 2, 2)
        self.conv1d = nn.Conv1d(2, 8, 3, stride=2, padding=1)
        self.heads_2 = Heads(8, 1, 4)
        self.both = nn.Linear(16, 3)

    def forward(
        self, tokens: Tensor, sound: Tensor, table: Tensor
    ) -> dict[str, Tensor]:
        # [B, T, 8]
        x = self.embedding(tokens) + self.embedding_2(
            torch.arange(tokens.shape[1], dtype=torch.int32)
        )
        x, parts = self.heads(x + table[:, : tokens.shape[1]])
        s = F.relu(self.conv1d(sound)).transpose(1, 2)  # [B, (S + 1) // 2, 8]
        s, _ = self.heads_2(s)
        both = self.both(torch.cat((x.mean(1), s[:, -1]), dim=1))  # [B, 3]
        grouped = split_axis(x, 2, (-1, 2)).transpose(1, 3)  # [B, 2, 4, T]
        shifted = x[:, 1:] * x[:, :-1]  # [B, T - 1, 8]
        return {"both": both, "grouped": grouped, "shifted": shifted, "parts": parts}
