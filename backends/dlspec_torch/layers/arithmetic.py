"""Tensor arithmetic, comparisons and logic, as Python's operators."""

from __future__ import annotations

from collections.abc import Mapping

from dlspec.backend.protocol import Emit, Emitted, Use, X
from dlspec.emit import python as py
from dlspec.ops import arithmetic as a
from dlspec.ops import comparison as c
from dlspec.ops.base import Op


def operator(sign: str) -> Emit:
    """A binary operator."""

    def emit(use: Use) -> Emitted:
        return Emitted(py.Binary(operand(use, 0), sign, operand(use, 1)))

    return emit


def comparison(sign: str) -> Emit:
    def emit(use: Use) -> Emitted:
        return Emitted(py.Compare(operand(use, 0), sign, operand(use, 1)))

    return emit


def operand(use: Use, i: int) -> py.Expr:
    """A number as it is; one tensor; a scalar for each example with axes to meet the others'."""
    if i in use.scalars:
        return use.scalars[i]
    missing = max(x.rank for x in use.x) - use.x[i].rank
    if missing == 0 or use.x[i].common:
        return X[i]
    return py.Index(X[i], py.Tuple((py.Slice(), *[py.literal(None)] * missing)))


def operands(use: Use) -> tuple[py.Expr, ...]:
    return tuple(operand(use, i) for i in range(len(use.x)))


def unary(sign: str) -> Emit:
    def emit(use: Use) -> Emitted:
        return Emitted(py.Unary(sign, X[0]))

    return emit


LAYERS: Mapping[type[Op], Emit] = {
    a.add: operator("+"),
    a.subtract: operator("-"),
    a.multiply: operator("*"),
    a.divide: operator("/"),
    a.floor_divide: operator("//"),
    a.remainder: operator("%"),
    a.power: operator("**"),
    a.negative: unary("-"),
    c.equal: comparison("=="),
    c.not_equal: comparison("!="),
    c.less: comparison("<"),
    c.less_equal: comparison("<="),
    c.greater: comparison(">"),
    c.greater_equal: comparison(">="),
    c.logical_and: operator("&"),
    c.logical_or: operator("|"),
    c.logical_not: unary("~"),
}
