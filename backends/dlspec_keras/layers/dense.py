"""The fully connected layer."""

from __future__ import annotations

from dlspec.backend.protocol import SELF, Emit, Emitted, Use, X
from dlspec.emit import python as py
from dlspec.ops.base import Op
from dlspec.ops.dense import Dense
from dlspec_keras.layers.common import keras_axis
from dlspec_keras.layers.kernel_norm import normed


def dense(use: Use) -> Emitted:
    """Keras works on the last axis: another one is moved there and back."""
    make = py.call("layers.Dense", use.field("units"), use_bias=use.field("bias").or_default(True))
    axis = keras_axis(-1 if use.op.axis is None else use.op.axis, use.x[0])
    if axis == -1:
        return normed(use, Emitted(py.call(SELF, X[0]), make))
    moved = py.call(SELF, py.call("ops.moveaxis", X[0], axis, -1))
    return normed(use, Emitted(py.call("ops.moveaxis", moved, -1, axis), make))


LAYERS: dict[type[Op], Emit] = {Dense: dense}
