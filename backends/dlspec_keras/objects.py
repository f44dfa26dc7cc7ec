"""Layers that a block takes as arguments, also those that are otherwise functions."""

from __future__ import annotations

from collections.abc import Callable

from dlspec.backend.protocol import SELF, Use, X
from dlspec.emit import python as py
from dlspec_keras.layers.common import keras_axis


def object_of(use: Use) -> py.Expr:
    """A layer as an object: Keras has no class for some functions, but `Activation` for all."""
    from dlspec_keras.layers import LAYERS

    if (make := OBJECTS.get(use.op.kind())) is not None:
        return make(use)
    emitted = LAYERS[type(use.op)](use)
    if emitted.make is None or emitted.call != py.call(SELF, X[0]):
        from dlspec.backend.protocol import UnsupportedOp

        raise UnsupportedOp(use.op.kind(), "Keras has no layer for it")
    return emitted.make


def activation(name: str) -> Callable[[Use], py.Expr]:
    return lambda use: py.call("layers.Activation", name)


def gelu(use: Use) -> py.Expr:
    if use.op.approximate is None:
        return py.call("layers.Activation", "gelu")
    return py.call("layers.Activation", py.Code("partial(ops.gelu, approximate=True)"))


def leaky_relu(use: Use) -> py.Expr:
    return py.call("layers.LeakyReLU", negative_slope=use.field("slope").or_default(0.3))


def softmax(use: Use) -> py.Expr:
    axis = keras_axis(-1 if use.op.axis is None else use.op.axis, use.x[0]) if use.x else -1
    return py.call("layers.Softmax", axis=use.fixed(axis).or_default(-1))


OBJECTS: dict[str, Callable[[Use], py.Expr]] = {
    "ReLU": lambda use: py.call("layers.ReLU"),
    "LeakyReLU": leaky_relu,
    "Sigmoid": activation("sigmoid"),
    "Tanh": activation("tanh"),
    "Softmax": softmax,
    "GELU": gelu,
    "SiLU": activation("silu"),
    "HardSwish": activation("hard_swish"),
    "Identity": lambda use: py.call("layers.Identity"),
    "Flatten": lambda use: py.call("layers.Flatten"),
}
"""Layers that are functions in a `call`, by the name of the op."""
