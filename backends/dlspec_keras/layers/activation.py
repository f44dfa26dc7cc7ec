"""Activations: functions of `keras.ops`, except PReLU, which has weights."""

from __future__ import annotations

from functools import partial

from dlspec.backend.protocol import Emit, Emitted, Use, X
from dlspec.emit import python as py
from dlspec.ops import activation as a
from dlspec.ops import along_axis, functional, piecewise, smooth
from dlspec.ops.base import Op
from dlspec_keras.layers.common import axis_slot, front, function, keras_axis, layer


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


def along(name: str, use: Use) -> Emitted:
    """A function along an axis."""
    return function(name, axis=axis_slot(use, use.op.place).or_default(-1))


def softmin(use: Use) -> Emitted:
    axis = axis_slot(use, use.op.place).or_default(-1)
    return Emitted(py.call("ops.softmax", py.Unary("-", X[0]), axis=axis))


def sparsemax(use: Use) -> Emitted:
    axis = axis_slot(use, use.op.place)
    return Emitted(py.call("sparsemax", X[0], axis), helpers=("sparsemax",))


def maxout(use: Use) -> Emitted:
    x = use.x[0]
    axis = use.fixed(keras_axis(use.op.place, x) % (x.rank + front(x)))
    call = py.call("maxout", X[0], use.field("pieces"), axis)
    return Emitted(call, helpers=("maxout",))


def elu(use: Use) -> Emitted:
    return function("elu", alpha=use.field("alpha").or_default(1.0))


def celu(use: Use) -> Emitted:
    return function("celu", alpha=use.field("alpha").or_default(1.0))


def softplus(use: Use) -> Emitted:
    """Keras has neither beta nor threshold."""
    beta, threshold = use.field("beta").or_default(1.0), use.field("threshold").or_default(20.0)
    call = py.call("softplus", X[0], beta=beta, threshold=threshold)
    return Emitted(call, helpers=("softplus",))


def log_sigmoid(use: Use) -> Emitted:
    return Emitted(py.call("log_sigmoid", X[0]), helpers=("log_sigmoid",))


def squareplus(use: Use) -> Emitted:
    return function("squareplus", use.field("b").or_default(4.0))


def rrelu(use: Use) -> Emitted:
    low, high = use.field("low").or_default(1 / 8), use.field("high").or_default(1 / 3)
    made = layer(py.call("RReLU", low=low, high=high))
    return Emitted(made.call, made.make, ("RReLU",))


def hard_tanh(use: Use) -> Emitted:
    return function("clip", use.field("low"), use.field("high"))


def shrink(name: str, use: Use) -> Emitted:
    return function(name, use.field("threshold").or_default(0.5))


def threshold(use: Use) -> Emitted:
    return function("threshold", use.field("threshold"), use.field("value"))


def mish(use: Use) -> Emitted:
    return Emitted(py.call("keras.activations.mish", X[0]))


def identity(use: Use) -> Emitted:
    return Emitted(X[0])


LAYERS: dict[type[Op], Emit] = {
    a.ReLU: partial(plain, "relu"),
    a.LeakyReLU: leaky_relu,
    a.PReLU: prelu,
    a.Sigmoid: partial(plain, "sigmoid"),
    a.Tanh: partial(plain, "tanh"),
    a.GELU: gelu,
    a.SiLU: partial(plain, "silu"),
    a.HardSwish: partial(plain, "hard_swish"),
    a.Identity: identity,
    along_axis.Softmax: partial(along, "softmax"),
    along_axis.LogSoftmax: partial(along, "log_softmax"),
    along_axis.Softmin: softmin,
    along_axis.Sparsemax: sparsemax,
    along_axis.GLU: partial(along, "glu"),
    along_axis.Maxout: maxout,
    smooth.ELU: elu,
    smooth.SELU: partial(plain, "selu"),
    smooth.CELU: celu,
    smooth.Softplus: softplus,
    smooth.Squareplus: squareplus,
    smooth.Softsign: partial(plain, "softsign"),
    smooth.Mish: mish,
    smooth.LogSigmoid: log_sigmoid,
    smooth.TanhShrink: partial(plain, "tanh_shrink"),
    piecewise.ReLU6: partial(plain, "relu6"),
    piecewise.HardSigmoid: partial(plain, "hard_sigmoid"),
    piecewise.HardTanh: hard_tanh,
    piecewise.RReLU: rrelu,
    piecewise.HardShrink: partial(shrink, "hard_shrink"),
    piecewise.SoftShrink: partial(shrink, "soft_shrink"),
    piecewise.Threshold: threshold,
    piecewise.SparsePlus: partial(plain, "sparse_plus"),
    piecewise.SparseSigmoid: partial(plain, "sparse_sigmoid"),
}
LAYERS |= functional.as_layers(LAYERS)
