"""VAE: A variational autoencoder of handwritten digits, Kingma and Welling 2014.

19,792 parameters.
"""

import torch
import torch.nn.functional as F
from torch import Tensor, nn


class VAE(nn.Module):
    """latent=8, hidden=128."""

    def __init__(self) -> None:
        super().__init__()
        self.h = nn.Linear(64, 128)
        self.mu = nn.Linear(128, 8)
        self.logvar = nn.Linear(128, 8)
        self.dense = nn.Linear(8, 128)
        self.dense_2 = nn.Linear(128, 64)

    def forward(self, image: Tensor) -> dict[str, Tensor]:
        h = F.relu(self.h(image.flatten(1)))  # [B, 128]
        mu = self.mu(h)  # [B, 8]
        logvar = self.logvar(h)
        z = mu + torch.exp(0.5 * logvar) * torch.randn_like(mu) if self.training else mu
        reconstruction = F.relu(self.dense(z))  # [B, 128]
        # [B, 1, 8, 8]
        reconstruction = self.dense_2(reconstruction).reshape(-1, 1, 8, 8)
        return {"mu": mu, "logvar": logvar, "reconstruction": reconstruction}
