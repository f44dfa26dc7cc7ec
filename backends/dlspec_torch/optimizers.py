"""Optimizers as PyTorch's own classes, with only the arguments that differ from its defaults."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from dlspec.emit import python as py
from dlspec.recipe.optimizers import SGD, Adam, AdamW, Optimizer, RMSprop


@dataclass(frozen=True, slots=True)
class Own:
    """What PyTorch calls an optimizer and the arrays that it keeps."""

    name: str
    arguments: Mapping[str, tuple[str, Any]]
    """Its argument -> the field of the op, and the default that PyTorch has for it."""
    slots: Mapping[str, str]
    """Neutral name of an array -> PyTorch's."""
    fast: str
    """The argument that asks for the fastest implementation that a CPU has too."""
    counts: bool = True
    """Whether it keeps the number of its steps for each weight."""


OWN: Mapping[type[Optimizer], Own] = {
    SGD: Own(
        "SGD",
        {
            "lr": ("lr", 1e-3),
            "momentum": ("momentum", 0.0),
            "weight_decay": ("weight_decay", 0.0),
            "nesterov": ("nesterov", False),
        },
        {"momentum": "momentum_buffer"},
        "fused",
        counts=False,
    ),
    Adam: Own(
        "Adam",
        {
            "lr": ("lr", 1e-3),
            "betas": ("betas", (0.9, 0.999)),
            "eps": ("eps", 1e-8),
            "weight_decay": ("weight_decay", 0.0),
        },
        {"mean": "exp_avg", "square": "exp_avg_sq"},
        "fused",
    ),
    AdamW: Own(
        "AdamW",
        {
            "lr": ("lr", 1e-3),
            "betas": ("betas", (0.9, 0.999)),
            "eps": ("eps", 1e-8),
            "weight_decay": ("weight_decay", 0.01),
        },
        {"mean": "exp_avg", "square": "exp_avg_sq"},
        "fused",
    ),
    RMSprop: Own(
        "RMSprop",
        {
            "lr": ("lr", 1e-2),
            "alpha": ("rho", 0.99),
            "eps": ("eps", 1e-8),
            "weight_decay": ("weight_decay", 0.0),
            "momentum": ("momentum", 0.0),
            "centered": ("centered", False),
        },
        {"square": "square_avg", "mean": "grad_avg", "momentum": "momentum_buffer"},
        "foreach",
    ),
}


def made(optimizer: Optimizer, scheduled: bool, parameters: py.Expr) -> py.Expr:
    """The constructor's call. With a schedule each step sets the learning rate."""
    own = OWN[type(optimizer)]
    given: dict[str, Any] = {}
    for name, (field, default) in own.arguments.items():
        value = getattr(optimizer, field)
        if value != default and not (name == "lr" and scheduled):
            given[name] = value
    if isinstance(optimizer, AdamW) and optimizer.weight_decay == 0.01:
        given["weight_decay"] = 0.01  # said, since it changes what is trained
    given[own.fast] = True
    return py.call(f"torch.optim.{own.name}", parameters, **given)


def slots(optimizer: Optimizer) -> dict[str, str]:
    """PyTorch's name of each array that the optimizer keeps -> the neutral one."""
    own = OWN[type(optimizer)]
    return {own.slots[name]: name for name in optimizer.slots()}
