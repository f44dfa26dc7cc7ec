"""Tensor arithmetic, as Python's operators; comparisons and logic, as functions: symbolic tensors
lack some of the operators."""

from __future__ import annotations

from functools import partial

from dlspec.backend.protocol import Emit, Emitted, Use, X
from dlspec.emit import python as py
from dlspec.ops import arithmetic as a
from dlspec.ops import comparison as c
from dlspec.ops.base import Op
from dlspec_keras.layers.common import function


def operands(use: Use) -> tuple[py.Expr, ...]:
    """All sides. One number for each example gets the axes of the others."""
    rank = max(x.rank for x in use.x)

    def side(i: int) -> py.Expr:
        if i in use.scalars:
            return use.scalars[i]
        if use.x[i].rank == rank or use.x[i].common:
            return X[i]
        return py.Index(X[i], py.Tuple((py.Slice(), *[py.literal(None)] * rank)))

    return tuple(map(side, range(len(use.x))))


def operator(op: str, use: Use) -> Emitted:
    left, right = operands(use)
    return Emitted(py.Binary(left, op, right))


def of_pairs(name: str, use: Use) -> Emitted:
    """A function of pairs of elements."""
    return Emitted(py.call(f"ops.{name}", *operands(use)))


def minus(use: Use) -> Emitted:
    return Emitted(py.Unary("-", X[0]))


def negation(use: Use) -> Emitted:
    return function("logical_not")


LAYERS: dict[type[Op], Emit] = {
    a.add: partial(operator, "+"),
    a.subtract: partial(operator, "-"),
    a.multiply: partial(operator, "*"),
    a.divide: partial(operator, "/"),
    a.floor_divide: partial(operator, "//"),
    a.remainder: partial(operator, "%"),
    a.power: partial(operator, "**"),
    a.negative: minus,
    c.equal: partial(of_pairs, "equal"),
    c.not_equal: partial(of_pairs, "not_equal"),
    c.less: partial(of_pairs, "less"),
    c.less_equal: partial(of_pairs, "less_equal"),
    c.greater: partial(of_pairs, "greater"),
    c.greater_equal: partial(of_pairs, "greater_equal"),
    c.logical_and: partial(of_pairs, "logical_and"),
    c.logical_or: partial(of_pairs, "logical_or"),
    c.logical_not: negation,
}
