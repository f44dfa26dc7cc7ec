"""Networks: A generator of handwritten digits and the critic that teaches it: WGAN-GP,
Gulrajani et al. 2017.

7,762 parameters.
"""

import torch
import torch.nn.functional as F
from torch import Tensor, nn


class Generator(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.dense = nn.Linear(8, 64, bias=False)
        self.batch_norm = nn.BatchNorm1d(64)
        self.conv_transpose2d = nn.ConvTranspose2d(
            16, 8, 4, stride=2, padding=1, bias=False
        )
        self.batch_norm_2 = nn.BatchNorm2d(8)
        self.conv_transpose2d_2 = nn.ConvTranspose2d(8, 1, 4, stride=2, padding=1)

    def forward(self, code: Tensor) -> Tensor:  # [B, 8] -> [B, 1, 8, 8]
        # [B, 16, 2, 2]
        x = F.relu(self.batch_norm(self.dense(code))).reshape(-1, 16, 2, 2)
        x = F.relu(self.batch_norm_2(self.conv_transpose2d(x)))  # [B, 8, 4, 4]
        return torch.tanh(self.conv_transpose2d_2(x))


class Critic(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.conv2d = nn.Conv2d(1, 16, 3, stride=2, padding=1)
        self.conv2d_2 = nn.Conv2d(16, 32, 3, stride=2, padding=1)
        self.dense = nn.Linear(128, 1)

    def forward(self, image: Tensor) -> Tensor:  # [B, 1, 8, 8] -> [B, 1]
        x = F.leaky_relu(self.conv2d(image), 0.2)  # [B, 16, 4, 4]
        x = F.leaky_relu(self.conv2d_2(x), 0.2).flatten(1)  # [B, 128]
        return self.dense(x)


class Networks(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.G = Generator()
        self.D = Critic()

    def forward(self, G_code: Tensor, D_image: Tensor) -> dict[str, Tensor]:
        G_image = self.G(G_code)  # [B, 1, 8, 8]
        D_score = self.D(D_image)  # [B, 1]
        return {"G_image": G_image, "D_score": D_score}
