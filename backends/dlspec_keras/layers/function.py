"""Functions: those of `keras.ops`, whose axes count the batch."""

from __future__ import annotations

from functools import partial

from dlspec.backend.protocol import Emit, Emitted, Use, X
from dlspec.emit import python as py
from dlspec.ops import function as ops
from dlspec.ops.base import Op
from dlspec.ops.rules import all_axes
from dlspec_keras.layers.activation import plain
from dlspec_keras.layers.arithmetic import operands
from dlspec_keras.layers.common import function, keras_axis


def reduction(name: str, use: Use) -> Emitted:
    x = use.x[0]
    axes = sorted(keras_axis(a, x) % (x.rank + 1) for a in all_axes(use.op.axis, x))
    if len(axes) != 1:
        return function(name, axis=tuple(axes)) if axes else Emitted(X[0])
    return function(name, axis=-1 if axes[0] == x.rank else axes[0])


def extreme(reduce: str, compare: str, use: Use) -> Emitted:
    if len(use.x) == 1:
        return reduction(reduce, use)
    return Emitted(py.call(f"ops.{compare}", *operands(use)))


LAYERS: dict[type[Op], Emit] = {
    ops.exp: partial(plain, "exp"),
    ops.log: partial(plain, "log"),
    ops.sqrt: partial(plain, "sqrt"),
    ops.abs: partial(plain, "abs"),
    ops.mean: partial(reduction, "mean"),
    ops.sum: partial(reduction, "sum"),
    ops.max: partial(extreme, "max", "maximum"),
    ops.min: partial(extreme, "min", "minimum"),
}
