"""specs/cancer.dls in PyTorch, by hand and tuned.

The rows lie in memory as tensors and are shuffled once an epoch, in one call; the optimizer is
fused; nothing reads a number from a step.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor, nn

BATCH = 32


def mlp() -> nn.Module:
    return nn.Sequential(
        *(nn.Linear(30, 32), nn.ReLU(), nn.Dropout(0.1)),
        *(nn.Linear(32, 16), nn.ReLU(), nn.Dropout(0.1)),
        nn.Linear(16, 1),
    )


def loop(rows: dict[str, Tensor]) -> Callable[[], float]:
    """What trains one epoch on the rows at each call, and gives the mean of its losses."""
    features, labels = rows["features"], rows["label"].float()[:, None]
    model = mlp()
    model.train()
    optimizer = torch.optim.Adam(model.parameters(), lr=3e-3, fused=True)

    def epoch() -> float:
        order = torch.randperm(len(labels))
        x, y = features[order], labels[order]
        total = torch.zeros(())
        for start in range(0, len(y), BATCH):
            feature, label = x[start : start + BATCH], y[start : start + BATCH]
            loss = F.binary_cross_entropy_with_logits(model(feature), label)
            optimizer.zero_grad(set_to_none=True)
            loss.backward()
            optimizer.step()
            total += loss.detach() * len(label)
        return total.item() / len(y)

    return epoch
