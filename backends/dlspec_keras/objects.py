"""Layers that a block takes as arguments, also those that are otherwise functions."""

from __future__ import annotations

from collections.abc import Callable

from dlspec.backend.merge import as_function
from dlspec.backend.protocol import SELF, Slot, UnsupportedOp, Use, X
from dlspec.emit import python as py
from dlspec_keras.layers.common import keras_axis

KNOWN = frozenset(
    "celu glu hard_shrink hard_sigmoid hard_swish leaky_relu log_softmax relu6 selu "
    "sigmoid silu soft_shrink softsign sparse_plus sparse_sigmoid squareplus "
    "tanh tanh_shrink".split()
)
"""Functions of `keras.ops` that `layers.Activation` knows by name, with the same defaults."""


def object_of(use: Use) -> py.Expr:
    """A layer as an object: Keras has no class for some functions, but `Activation` for all.

    Raises:
        UnsupportedOp: what it does is more than one layer or function of Keras.
    """
    from dlspec_keras.layers import LAYERS

    if (make := OBJECTS.get(use.op.kind())) is not None:
        return make(use)
    emitted = LAYERS[type(use.op)](use)
    if emitted.make is not None and emitted.call == py.call(SELF, X[0]):
        return emitted.make
    function = as_function(emitted.call)
    if function is None or emitted.helpers:
        raise UnsupportedOp(use.op.kind(), "Keras has no layer for it")
    match emitted.call:
        case py.Call(callee=str(name), args=(_, *rest)) if name.removeprefix(
            "ops."
        ) in KNOWN and all(_left_out(a.value) for a in rest):
            return py.call("layers.Activation", name.removeprefix("ops."))
    return py.call("layers.Activation", function)


def _left_out(value: py.Expr) -> bool:
    return isinstance(value, Slot) and value.value == value.default


def activation(name: str) -> Callable[[Use], py.Expr]:
    return lambda use: py.call("layers.Activation", name)


def gelu(use: Use) -> py.Expr:
    if use.op.approximate is None:
        return py.call("layers.Activation", "gelu")
    return py.call("layers.Activation", py.Code("partial(ops.gelu, approximate=True)"))


def leaky_relu(use: Use) -> py.Expr:
    return py.call("layers.LeakyReLU", negative_slope=use.field("slope").or_default(0.3))


def elu(use: Use) -> py.Expr:
    return py.call("layers.ELU", alpha=use.field("alpha").or_default(1.0))


def softmax(use: Use) -> py.Expr:
    axis = keras_axis(use.op.place, use.x[0]) if use.x else -1
    return py.call("layers.Softmax", axis=use.fixed(axis).or_default(-1))


def flatten(use: Use) -> py.Expr:
    if use.op.axis is not None:
        raise UnsupportedOp("Flatten", "Keras has no layer for it that joins some axes")
    return py.call("layers.Flatten")


OBJECTS: dict[str, Callable[[Use], py.Expr]] = {
    "ReLU": lambda use: py.call("layers.ReLU"),
    "LeakyReLU": leaky_relu,
    "ELU": elu,
    "Softmax": softmax,
    "GELU": gelu,
    "Mish": activation("mish"),
    "Identity": lambda use: py.call("layers.Identity"),
    "Flatten": flatten,
}
"""Layers that are functions in a `call` and classes of Keras, by the name of the op."""
