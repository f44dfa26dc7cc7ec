"""Activations: functions, but for the one that learns."""

from __future__ import annotations

from collections.abc import Mapping

from dlspec.backend.protocol import Emit, Emitted, Slot, Use, X
from dlspec.emit import python as py
from dlspec.ops.activation import (
    GELU,
    HardSwish,
    Identity,
    LeakyReLU,
    PReLU,
    ReLU,
    Sigmoid,
    SiLU,
    Softmax,
    Tanh,
)
from dlspec.ops.base import Op
from dlspec_torch.layers.common import applied, batched, dim, moved


def plain(function: str) -> Emit:
    """A function of one tensor that takes no arguments."""

    def emit(use: Use) -> Emitted:
        return Emitted(py.call(function, X[0]))

    return emit


def leaky_relu(use: Use) -> Emitted:
    return Emitted(py.call("F.leaky_relu", X[0], use.field("slope").or_default(0.01)))


def prelu(use: Use) -> Emitted:
    axis = use.op.sizes["in_channels"] % use.x[0].rank
    return moved(batched(axis), 1, applied(py.call("nn.PReLU", use.size("in_channels"))))


def softmax(use: Use) -> Emitted:
    return Emitted(py.call("F.softmax", X[0], dim=dim(use, -1)))


def gelu(use: Use) -> Emitted:
    formula = Slot(use.op.approximate or "none", role="approximate", default="none")
    return Emitted(py.call("F.gelu", X[0], approximate=formula))


def identity(use: Use) -> Emitted:
    return Emitted(X[0])


LAYERS: Mapping[type[Op], Emit] = {
    ReLU: plain("F.relu"),
    LeakyReLU: leaky_relu,
    PReLU: prelu,
    Sigmoid: plain("torch.sigmoid"),
    Tanh: plain("torch.tanh"),
    Softmax: softmax,
    GELU: gelu,
    SiLU: plain("F.silu"),
    HardSwish: plain("F.hardswish"),
    Identity: identity,
}
