"""specs/digits.dls in PyTorch, by hand and tuned.

The rows lie in memory as tensors, and are shuffled and augmented once an epoch, in one call each;
convolutions are channels last; the optimizer is fused; nothing reads a number from a step.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor, nn

BATCH = 64
EPOCHS = 30
RATE = 3e-3


class DigitsCNN(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(1, 32, 3, padding=1, bias=False)
        self.norm1 = nn.BatchNorm2d(32)
        self.conv2 = nn.Conv2d(32, 64, 3, padding=1, bias=False)
        self.norm2 = nn.BatchNorm2d(64)
        self.dropout = nn.Dropout(0.2)
        self.head = nn.Linear(64, 10)

    def forward(self, x: Tensor) -> Tensor:
        x = F.max_pool2d(F.relu(self.norm1(self.conv1(x))), 2)
        x = F.relu(self.norm2(self.conv2(x)))
        return self.head(self.dropout(x.mean((2, 3))))


def augment(x: Tensor) -> Tensor:
    """Rotations by at most 10 degrees, then shifts by at most a tenth, as one resampling."""
    angle = torch.empty(len(x)).uniform_(-math.pi / 18, math.pi / 18)
    shift = torch.empty(len(x), 2).uniform_(-0.2, 0.2)  # of half the side
    cos, sin = angle.cos(), angle.sin()
    rows = (cos, -sin, shift[:, 0], sin, cos, shift[:, 1])
    grid = F.affine_grid(torch.stack(rows, 1).view(-1, 2, 3), list(x.shape), align_corners=False)
    return F.grid_sample(x, grid, align_corners=False)


def rate(step: int, steps: int) -> float:
    """The learning rate: an epoch of warm-up, then a cosine; `steps` are those of an epoch."""
    if step < steps:
        return RATE * (step + 1) / steps
    return RATE / 2 * (1 + math.cos(math.pi * (step - steps) / ((EPOCHS - 1) * steps)))


def loop(rows: dict[str, Tensor]) -> Callable[[], float]:
    """What trains one epoch on the rows at each call, and gives the mean of its losses."""
    images, labels = rows["image"], rows["label"]
    steps = math.ceil(len(labels) / BATCH)
    model = DigitsCNN().to(memory_format=torch.channels_last)
    model.train()
    optimizer = torch.optim.AdamW(model.parameters(), lr=RATE, weight_decay=0.01, fused=True)
    parameters = list(model.parameters())
    step = 0

    def epoch() -> float:
        nonlocal step
        order = torch.randperm(len(labels))
        x, y = augment(images[order]), labels[order]
        total = torch.zeros(())
        for start in range(0, len(y), BATCH):
            image, label = x[start : start + BATCH], y[start : start + BATCH]
            loss = F.cross_entropy(model(image), label, label_smoothing=0.1)
            optimizer.zero_grad(set_to_none=True)
            loss.backward()
            nn.utils.clip_grad_norm_(parameters, 1.0)
            optimizer.param_groups[0]["lr"] = rate(step, steps)
            optimizer.step()
            step += 1
            total += loss.detach() * len(label)
        return total.item() / len(y)

    return epoch
