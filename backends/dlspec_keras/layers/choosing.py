"""Functions that choose, bound and convert elements."""

from __future__ import annotations

from functools import partial

from dlspec.backend.protocol import Emit, Emitted, Use, X
from dlspec.emit import python as py
from dlspec.ops import choosing as c
from dlspec.ops import triangle as t
from dlspec.ops.base import Op
from dlspec_keras.layers.activation import plain
from dlspec_keras.layers.arithmetic import operands
from dlspec_keras.layers.common import as_float, front, function, number

DTYPES = {"f16": "float16", "bf16": "bfloat16", "f64": "float64"}
DTYPES |= {"i8": "int8", "i32": "int32", "i64": "int64", "bool": "bool"}


def where(use: Use) -> Emitted:
    made = py.call("ops.where", *operands(use))
    if {1, 2} - use.scalars.keys():
        return Emitted(made)
    if use.y[0].dtype == "f32":
        return as_float(made)
    return Emitted(py.call("ops.cast", made, DTYPES["i32"]))  # Keras may take them for 64 bits


def clip(use: Use) -> Emitted:
    return function("clip", number(use, "low"), number(use, "high"))


def cast(use: Use) -> Emitted:
    if use.op.dtype == use.x[0].dtype:
        return Emitted(X[0])
    if use.op.dtype == "f32":
        return as_float(X[0])
    return function("cast", use.fixed(DTYPES[use.op.dtype]))


def one_hot(use: Use) -> Emitted:
    x = use.x[0]
    at = use.op.axis % (x.rank + 1)
    axis = use.fixed(-1 if at == x.rank else at + front(x)).or_default(-1)
    return as_float(py.call("ops.one_hot", X[0], use.field("count"), axis=axis))


def triangle(name: str, use: Use) -> Emitted:
    """Keras's own are of operators that TFLite lacks."""
    offset = use.field("offset").or_default(0)
    return Emitted(py.call(name, X[0], offset), helpers=(name,))


LAYERS: dict[type[Op], Emit] = {
    c.where: where,
    c.Clip: clip,
    c.clip: clip,
    c.cast: cast,
    c.one_hot: one_hot,
    c.stop_gradient: partial(plain, "stop_gradient"),
    t.tril: partial(triangle, "tril"),
    t.triu: partial(triangle, "triu"),
}
