"""DigitsCNN: Handwritten digits, small enough for a microcontroller.

19,562 parameters.
"""

import torch.nn.functional as F
from torch import Tensor, nn


class DigitsCNN(nn.Module):
    """width=32, classes=10."""

    def __init__(self) -> None:
        super().__init__()
        self.conv2d = nn.Conv2d(1, 32, 3, padding=1, bias=False)
        self.batch_norm = nn.BatchNorm2d(32)
        self.conv2d_2 = nn.Conv2d(32, 64, 3, padding=1, bias=False)
        self.batch_norm_2 = nn.BatchNorm2d(64)
        self.dropout = nn.Dropout(0.2)
        self.logits = nn.Linear(64, 10)

    def forward(self, image: Tensor) -> Tensor:  # [B, 1, 8, 8] -> [B, 10]
        # [B, 32, 4, 4]
        features = F.max_pool2d(F.relu(self.batch_norm(self.conv2d(image))), 2)
        # [B, 64]
        features = F.relu(self.batch_norm_2(self.conv2d_2(features))).mean((2, 3))
        return self.logits(self.dropout(features))
