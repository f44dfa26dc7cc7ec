"""Reader: Handwritten digits, read row by row by a GRU in both directions.

8,714 parameters.
"""

import torch
from torch import Tensor, nn


class Reader(nn.Module):
    """units=64, classes=10."""

    def __init__(self) -> None:
        super().__init__()
        self.bi_gru = nn.GRU(8, 32, batch_first=True, bidirectional=True)
        self.dropout = nn.Dropout(0.1)
        self.dense = nn.Linear(64, 10)

    def forward(self, image: Tensor) -> Tensor:  # [B, 1, 8, 8] -> [B, 10]
        rows = image.reshape(-1, 8, 8)  # [B, 8, 8]
        rows = self.dropout(torch.cat(self.bi_gru(rows)[1].unbind(), dim=1))  # [B, 64]
        return self.dense(rows)
