"""Tensor arithmetic, as Python's operators."""

from __future__ import annotations

from collections.abc import Mapping

from dlspec.backend.protocol import Emit, Emitted, Use, X
from dlspec.emit import python as py
from dlspec.ops.arithmetic import add, divide, multiply, negative, power, subtract
from dlspec.ops.base import Op


def operator(sign: str) -> Emit:
    """A binary operator."""

    def emit(use: Use) -> Emitted:
        return Emitted(py.Binary(operand(use, 0), sign, operand(use, 1)))

    return emit


def operand(use: Use, i: int) -> py.Expr:
    """A number as it is; one tensor; a scalar for each example with axes to meet the other's."""
    if i in use.scalars:
        return use.scalars[i]
    missing = use.x[1 - i].rank - use.x[i].rank
    if missing <= 0 or 1 - i in use.scalars:
        return X[i]
    return py.Index(X[i], py.Tuple((py.Slice(), *[py.literal(None)] * missing)))


def minus(use: Use) -> Emitted:
    return Emitted(py.Unary("-", X[0]))


LAYERS: Mapping[type[Op], Emit] = {
    add: operator("+"),
    subtract: operator("-"),
    multiply: operator("*"),
    divide: operator("/"),
    power: operator("**"),
    negative: minus,
}
