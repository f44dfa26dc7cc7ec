"""Tensor arithmetic: Python's operators, with compile-time numbers where the spec has them."""

from __future__ import annotations

from functools import partial

from dlspec.backend.protocol import Emit, Emitted, Use, X
from dlspec.emit import python as py
from dlspec.ops.arithmetic import add, divide, multiply, negative, power, subtract
from dlspec.ops.base import Op


def operands(use: Use) -> tuple[py.Expr, py.Expr]:
    """Both sides. One number for each example gets the axes of the other side."""
    rank = max(x.rank for x in use.x)

    def side(i: int) -> py.Expr:
        if i in use.scalars:
            return use.scalars[i]
        if use.x[i].rank == rank:
            return X[i]
        return py.Index(X[i], py.Tuple((py.Slice(), *[py.literal(None)] * rank)))

    return side(0), side(1)


def operator(op: str, use: Use) -> Emitted:
    left, right = operands(use)
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
