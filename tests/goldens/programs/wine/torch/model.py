"""Wine: Italian wines from a CSV file: two inputs, each with a branch of its own (UCI
Wine, Forina et al. 1988).

547 parameters.
"""

import torch
import torch.nn.functional as F
from torch import Tensor, nn


class Wine(nn.Module):
    """width=16."""

    def __init__(self) -> None:
        super().__init__()
        self.a = nn.Linear(4, 16)
        self.b = nn.Linear(9, 32)
        self.dropout = nn.Dropout(0.1)
        self.logits = nn.Linear(48, 3)

    def forward(self, phenols: Tensor, rest: Tensor) -> Tensor:
        a = F.relu(self.a(phenols))  # [B, 16]
        b = F.relu(self.b(rest))  # [B, 32]
        return self.logits(self.dropout(torch.cat((a, b), dim=1)))
