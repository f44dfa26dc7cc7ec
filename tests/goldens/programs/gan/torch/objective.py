"""What the steps of `train` minimise on a batch."""

import torch
from torch import Tensor, nn


def gradient(y: Tensor, x: Tensor) -> Tensor:
    """How the sum of y changes with x, in a form that can be differentiated again."""
    return torch.autograd.grad(y.sum(), x, create_graph=True)[0]


def critic(G: nn.Module, D: nn.Module, image: Tensor) -> Tensor:
    fake = G(torch.randn(len(image), 8, device=image.device)).detach()
    e = torch.rand(len(image), device=image.device)
    mixed = e[:, None, None, None] * image + (1 - e)[:, None, None, None] * fake
    mixed = mixed.requires_grad_()
    slope = torch.linalg.vector_norm(gradient(D(mixed), mixed), dim=(1, 2, 3))
    return (D(fake) - D(image) + (10 * (slope - 1) ** 2)[:, None]).mean()


def generator(G: nn.Module, D: nn.Module, image: Tensor) -> Tensor:
    return (-D(G(torch.randn(len(image), 8, device=image.device)))).mean()
