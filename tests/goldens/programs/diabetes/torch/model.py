"""Regression: Regression on scikit-learn's diabetes data: the progression of the
disease after a year.

1,441 parameters.
"""

import torch.nn.functional as F
from torch import Tensor, nn


class Regression(nn.Module):
    """width=32."""

    def __init__(self) -> None:
        super().__init__()
        self.dense = nn.Linear(10, 32)
        self.dense_2 = nn.Linear(32, 32)
        self.dense_3 = nn.Linear(32, 1)

    def forward(self, measures: Tensor) -> Tensor:  # [B, 10] -> [B, 1]
        x = F.silu(self.dense(measures))  # [B, 32]
        x = F.silu(self.dense_2(x))
        return self.dense_3(x)
