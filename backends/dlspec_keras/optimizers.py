"""Optimizers: Keras's own classes where they do what the language says, else exact ones."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from dlspec.emit import python as py
from dlspec.recipe.optimizers import SGD, Adam, AdamW, Optimizer, RMSprop


@dataclass(frozen=True, slots=True)
class Own:
    """What Keras calls an optimizer, its arguments and the arrays that it keeps."""

    arguments: Mapping[str, tuple[str, Any]]
    """Its argument -> the field of the op, and the default that Keras has for it."""
    slots: Mapping[str, str]
    """Neutral name of an array -> Keras's attribute."""


MOMENTS = {"mean": "_momentums", "square": "_velocities"}
OWN: Mapping[type[Optimizer], Own] = {
    SGD: Own(
        {"momentum": ("momentum", 0.0), "nesterov": ("nesterov", False)},
        {"momentum": "momentums"},
    ),
    Adam: Own({"epsilon": ("eps", 1e-7)}, MOMENTS),
    AdamW: Own({"epsilon": ("eps", 1e-7)}, MOMENTS),
    RMSprop: Own(
        {
            "rho": ("rho", 0.9),
            "momentum": ("momentum", 0.0),
            "epsilon": ("eps", 1e-7),
            "centered": ("centered", False),
        },
        {"square": "_velocities", "mean": "_average_gradients", "momentum": "_momentums"},
    ),
}


def needs_exact(optimizer: Optimizer, exact: bool) -> bool:
    """Whether Keras's own class computes something else than the language defines: its decay is
    never part of the gradient, and the learning rate goes into its momentum."""
    decay = getattr(optimizer, "weight_decay", 0.0)
    coupled = decay and not isinstance(optimizer, AdamW)
    return bool(exact or coupled or getattr(optimizer, "momentum", 0.0))


def made(optimizer: Optimizer, rate: py.Expr, clip: float | None, exact: bool) -> py.Call:
    """The constructor's call."""
    own = OWN[type(optimizer)]
    given: dict[str, Any] = {}
    if isinstance(optimizer, Adam | AdamW):
        betas = zip(("beta_1", "beta_2"), optimizer.betas, (0.9, 0.999), strict=True)
        given |= {name: beta for name, beta, default in betas if beta != default}
    for name, (field, default) in own.arguments.items():
        if (value := getattr(optimizer, field)) != default:
            given[name] = value
    kind, decay = optimizer.kind(), getattr(optimizer, "weight_decay", 0.0)
    if needs_exact(optimizer, exact):
        given |= {"decay": decay} if decay else {}
    else:
        given |= {"weight_decay": decay} if isinstance(optimizer, AdamW) else {}
        kind = f"keras.optimizers.{kind}"
    if clip is not None:
        given["global_clipnorm"] = clip
    return py.call(kind, rate, **given)


def scaled(call: py.Call) -> py.Call:
    """An optimizer for 16 bits, in which small gradients vanish.

    A fixed scale has no state that a checkpoint would need. It is a tensor, since TensorFlow
    divides the gradients of embeddings by nothing else.
    """
    scale = py.Code("ops.convert_to_tensor(1024.0)")
    return py.Call(call.callee, (*call.args, py.Arg(scale, "loss_scale_factor")))


def slots(optimizer: Optimizer) -> dict[str, str]:
    """The neutral name of each array that the optimizer keeps -> Keras's attribute."""
    own = OWN[type(optimizer)]
    return {name: own.slots[name] for name in optimizer.slots()}
