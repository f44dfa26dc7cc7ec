"""Tensor arithmetic: Python's operators, with compile-time numbers where the spec has them."""

from __future__ import annotations

from functools import partial

from dlspec.backend.protocol import Emit, Emitted, Use, X
from dlspec.emit import python as py
from dlspec.ops.arithmetic import add, divide, multiply, negative, power, subtract
from dlspec.ops.base import Op


def operator(op: str, use: Use) -> Emitted:
    left, right = (use.scalars.get(i, X[i]) for i in range(2))
    return Emitted(py.Binary(left, op, right))


def minus(use: Use) -> Emitted:
    return Emitted(py.Unary("-", X[0]))


LAYERS: dict[type[Op], Emit] = {
    add: partial(operator, "+"),
    subtract: partial(operator, "-"),
    multiply: partial(operator, "*"),
    divide: partial(operator, "/"),
    power: partial(operator, "**"),
    negative: minus,
}
