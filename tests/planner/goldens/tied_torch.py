"""Net."""

import torch
import torch.nn.functional as F
from torch import Tensor, nn


class Auto(nn.Module):
    def __init__(self, d: int) -> None:
        super().__init__()
        self.code = nn.Linear(8, d)

    def forward(self, x: Tensor) -> Tensor:
        return torch.tanh(self.code(x)) @ self.code.weight


class Net(nn.Module):
    """vocab=50, dim=8."""

    def __init__(self) -> None:
        super().__init__()
        self.words = nn.Embedding(50, 8)
        self.dense = nn.Linear(8, 8)
        self.layer_norm = nn.LayerNorm(8)
        self.auto = Auto(3)
        self.auto_2 = Auto(4)

    def forward(self, tokens: Tensor) -> dict[str, Tensor]:
        x = self.words(tokens)  # [B, 7, 8]
        x = self.layer_norm(F.gelu(self.dense(x)))
        logits = F.linear(x, self.words.weight)  # [B, 7, 50]
        code = self.auto(x[:, -1])  # [B, 8]
        code = self.auto_2(code)
        return {"logits": logits, "code": code}
