"""MLP: A perceptron with two hidden layers on scikit-learn's breast cancer data.

1,537 parameters.
"""

import torch.nn.functional as F
from torch import Tensor, nn


class MLP(nn.Module):
    """hidden=[32, 16], dropout=0.1."""

    def __init__(self) -> None:
        super().__init__()
        self.denses = nn.ModuleList(
            nn.Linear(in_features, width) for in_features, width in ((30, 32), (32, 16))
        )
        self.dropouts = nn.ModuleList(nn.Dropout(0.1) for _ in range(2))
        self.logit = nn.Linear(16, 1)

    def forward(self, features: Tensor) -> Tensor:  # [B, 30] -> [B, 1]
        x = features
        for dense, dropout in zip(self.denses, self.dropouts, strict=True):
            x = dropout(F.relu(dense(x)))
        return self.logit(x)
