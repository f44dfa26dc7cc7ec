"""Elementary functions, of each element."""

from __future__ import annotations

from functools import partial

from dlspec.backend.protocol import Emit, Emitted, Use, X
from dlspec.emit import python as py
from dlspec.ops import elementary as e
from dlspec.ops.base import Op
from dlspec_keras.layers.activation import plain
from dlspec_keras.layers.arithmetic import of_pairs, operands


def composed(name: str, use: Use) -> Emitted:
    """A function of `verbatim/functions.py`, of what TFLite has."""
    return Emitted(py.call(name, X[0]), helpers=(name,))


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
    e.log2: partial(plain, "log2"),
    e.log10: partial(plain, "log10"),
    e.sqrt: partial(plain, "sqrt"),
    e.rsqrt: partial(plain, "rsqrt"),
    e.sin: partial(plain, "sin"),
    e.cos: partial(plain, "cos"),
    e.tan: partial(composed, "tan"),
    e.asin: partial(composed, "asin"),
    e.acos: partial(composed, "acos"),
    e.atan: partial(composed, "atan"),
    e.atan2: atan2,
    e.sinh: partial(composed, "sinh"),
    e.cosh: partial(composed, "cosh"),
    e.asinh: partial(plain, "arcsinh"),
    e.acosh: partial(plain, "arccosh"),
    e.atanh: partial(composed, "atanh"),
    e.erf: partial(plain, "erf"),
    e.floor: partial(plain, "floor"),
    e.ceil: partial(plain, "ceil"),
    e.round: partial(plain, "round"),
    e.sign: partial(plain, "sign"),
    e.abs: partial(plain, "abs"),
}
