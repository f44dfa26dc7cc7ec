"""Elementary functions, of each element."""

from __future__ import annotations

from functools import partial

from dlspec.backend.protocol import Emit, Emitted, Use, X
from dlspec.emit import python as py
from dlspec.ops import elementary as e
from dlspec.ops.base import Op
from dlspec_keras.layers.activation import plain
from dlspec_keras.layers.arithmetic import of_pairs, operands


def tan(use: Use) -> Emitted:
    """TFLite has no tangent."""
    return Emitted(py.call("tan", X[0]), helpers=("tan",))


def atan2(use: Use) -> Emitted:
    """TFLite wants operands of one shape."""
    if use.x[0].shape == use.x[1].shape:
        return of_pairs("arctan2", use)
    return Emitted(py.call("atan2", *operands(use)), helpers=("atan2",))


LAYERS: dict[type[Op], Emit] = {
    e.exp: partial(plain, "exp"),
    e.expm1: partial(plain, "expm1"),
    e.log: partial(plain, "log"),
    e.log1p: partial(plain, "log1p"),
    e.sqrt: partial(plain, "sqrt"),
    e.rsqrt: partial(plain, "rsqrt"),
    e.sin: partial(plain, "sin"),
    e.cos: partial(plain, "cos"),
    e.tan: tan,
    e.atan2: atan2,
    e.erf: partial(plain, "erf"),
    e.floor: partial(plain, "floor"),
    e.ceil: partial(plain, "ceil"),
    e.round: partial(plain, "round"),
    e.sign: partial(plain, "sign"),
    e.abs: partial(plain, "abs"),
}
