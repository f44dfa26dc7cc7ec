"""What `train` computes of a batch: the loss, and what metrics read."""

import torch.nn.functional as F
from torch import Tensor, nn


def objective(model: nn.Module, image: Tensor) -> Tensor:
    outputs = model(image)
    mu, logvar, reconstruction = (
        outputs["mu"],
        outputs["logvar"],
        outputs["reconstruction"],
    )
    return (
        F.binary_cross_entropy_with_logits(reconstruction, image, reduction="sum")
        / len(reconstruction)
        + ((mu**2 + logvar.exp() - 1 - logvar).sum(1) / 2).mean()
    )
