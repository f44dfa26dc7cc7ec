"""Activations: functions of `keras.ops`, except PReLU, which has weights."""

from __future__ import annotations

from functools import partial

from dlspec.backend.protocol import Emit, Emitted, Use, X
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
from dlspec_keras.layers.common import axis_slot, function, keras_axis, layer


def plain(name: str, use: Use) -> Emitted:
    return function(name)


def leaky_relu(use: Use) -> Emitted:
    """`exact` spells it out: TensorFlow's own rounds the slope to float32."""
    if use.exact:
        call = py.call("leaky_relu", X[0], use.field("slope"))
        return Emitted(call, helpers=("leaky_relu",))
    return function("leaky_relu", negative_slope=use.field("slope").or_default(0.2))


def prelu(use: Use) -> Emitted:
    """One slope for each channel: all other axes share it."""
    x = use.x[0]
    channels = keras_axis(0 if use.op.axis is None else use.op.axis, x) % (x.rank + 1)
    shared = [a for a in range(1, x.rank + 1) if a != channels]
    return layer(py.call("layers.PReLU", shared_axes=use.fixed(shared or None).or_default(None)))


def gelu(use: Use) -> Emitted:
    """`exact` spells it out: the constants of TensorFlow's own lose 1e-9."""
    if use.exact:
        name = "tanh_gelu" if use.op.approximate == "tanh" else "erf_gelu"
        return Emitted(py.call(name, X[0]), helpers=(name,), imports=("import math",))
    return function("gelu", approximate=use.op.approximate == "tanh")


def softmax(use: Use) -> Emitted:
    axis = axis_slot(use, -1 if use.op.axis is None else use.op.axis)
    return function("softmax", axis=axis.or_default(-1))


def identity(use: Use) -> Emitted:
    return Emitted(X[0])


LAYERS: dict[type[Op], Emit] = {
    ReLU: partial(plain, "relu"),
    LeakyReLU: leaky_relu,
    PReLU: prelu,
    Sigmoid: partial(plain, "sigmoid"),
    Tanh: partial(plain, "tanh"),
    Softmax: softmax,
    GELU: gelu,
    SiLU: partial(plain, "silu"),
    HardSwish: partial(plain, "hard_swish"),
    Identity: identity,
}
