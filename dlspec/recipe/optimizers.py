"""Optimizers, with the update that each makes and the arrays that it keeps for each weight.

In the formulas `gradient` is that of the loss, `w` the weight, `t` the step counted from 1, and
`lr` the learning rate of the step; `velocity` is kept as the slot `momentum`, the others under
their names.
"""

from typing import Annotated, ClassVar

from pydantic import BeforeValidator, model_validator

from dlspec.recipe.base import Recipe
from dlspec.recipe.fields import Decay, Flag, NotNegative, Positive


def _pair(value: object) -> object:
    if isinstance(value, list | tuple) and len(value) == 2:
        return tuple(value)
    raise ValueError("must be two numbers: (0.9, 0.999)")


Betas = Annotated[tuple[Decay, Decay], BeforeValidator(_pair)]


class Optimizer(Recipe):
    """The base of all optimizers. `lr` is the highest learning rate; the schedule scales it."""

    formula: ClassVar[tuple[str, ...]]

    lr: Positive

    def slots(self) -> tuple[str, ...]:
        """The arrays that it keeps for each weight, by neutral names, all starting at zero."""
        return ()


class SGD(Optimizer):
    """Stochastic gradient descent, with momentum if it is above zero.

    `nesterov` looks ahead by one step of the momentum. The weight decay is coupled: it is added to
    the gradient.
    """

    formula = (
        "g = gradient + weight_decay * w",
        "velocity = momentum * velocity + g",
        "w = w - lr * (g + momentum * velocity if nesterov else velocity)",
    )
    source = "Sutskever et al. 2013, in PyTorch's form: the learning rate is outside the momentum"

    lr: Positive
    momentum: Decay = 0.0
    nesterov: Flag = False
    weight_decay: NotNegative = 0.0

    @model_validator(mode="after")
    def _momentum(self) -> "SGD":
        if self.nesterov and not self.momentum:
            raise ValueError("`nesterov` looks ahead by the momentum, which is 0")
        return self

    def slots(self) -> tuple[str, ...]:
        return ("momentum",) if self.momentum else ()


class Adam(Optimizer):
    """Adam: steps of the size of the learning rate, from running means of gradient and square.

    The weight decay is coupled: it is added to the gradient. For the decoupled one, use `AdamW`.
    """

    formula = (
        "g = gradient + weight_decay * w",
        "mean = betas[0] * mean + (1 - betas[0]) * g",
        "square = betas[1] * square + (1 - betas[1]) * g ** 2",
        "rate = lr / (1 - betas[0] ** t)",
        "w = w - rate * mean / (sqrt(square / (1 - betas[1] ** t)) + eps)",
    )
    source = "Kingma and Ba 2015"

    lr: Positive = 1e-3
    betas: Betas = (0.9, 0.999)
    eps: Positive = 1e-8
    weight_decay: NotNegative = 0.0

    def slots(self) -> tuple[str, ...]:
        return ("mean", "square")


class AdamW(Adam):
    """Adam with decoupled weight decay: weights shrink by `lr * weight_decay` in each step."""

    formula = (
        "w = w - lr * weight_decay * w",
        "mean = betas[0] * mean + (1 - betas[0]) * gradient",
        "square = betas[1] * square + (1 - betas[1]) * gradient ** 2",
        "rate = lr / (1 - betas[0] ** t)",
        "w = w - rate * mean / (sqrt(square / (1 - betas[1] ** t)) + eps)",
    )
    source = "Loshchilov and Hutter 2019"

    weight_decay: NotNegative = 0.01


class RMSprop(Optimizer):
    """Gradients divided by a running mean of their size.

    `eps` is added outside the root. `centered` subtracts the square of the mean gradient, so that
    the division is by a standard deviation. The weight decay is coupled.
    """

    formula = (
        "g = gradient + weight_decay * w",
        "square = rho * square + (1 - rho) * g ** 2",
        "mean = rho * mean + (1 - rho) * g",
        "scale = sqrt(square - mean ** 2 if centered else square) + eps",
        "velocity = momentum * velocity + g / scale",
        "w = w - lr * velocity",
    )
    source = "Hinton 2012, lecture 6e; Graves 2013 for the centred form"

    lr: Positive = 1e-3
    rho: Decay = 0.9
    eps: Positive = 1e-8
    momentum: Decay = 0.0
    weight_decay: NotNegative = 0.0
    centered: Flag = False

    def slots(self) -> tuple[str, ...]:
        kept = ["square"]
        if self.centered:
            kept.append("mean")
        if self.momentum:
            kept.append("momentum")
        return tuple(kept)
