"""What each function of tensors computes, in NumPy."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

Array = np.ndarray
Reference = Callable[[Any, list[Array], dict[str, Array]], Any]


def each(f: Callable[[Array], Array]) -> Reference:
    return lambda op, x, w: f(x[0])


def places(op: Any, x: Array) -> tuple[int, ...]:
    """The op's axes, with the batch in front."""
    rank = x.ndim - 1
    given = range(rank) if op.axis is None else op.axis
    given = (given,) if isinstance(given, int) else tuple(given)
    return tuple(a % rank + 1 for a in given)


def reduction(f: Callable[..., Array]) -> Reference:
    return lambda op, x, w: f(x[0], places(op, x[0]))


def pairs(f: Callable[..., Array]) -> Reference:
    """A function of elements: a scalar of each example gets the axes of the others."""

    def run(op: Any, x: list[Array], w: Any) -> Array:
        rank = max(v.ndim for v in x)
        return f(*(v.reshape(*v.shape, *[1] * (rank - v.ndim)) if v.ndim == 1 else v for v in x))

    return run


def either(one: Callable[..., Array], two: Callable[[Array, Array], Array]) -> Reference:
    return lambda op, x, w: (pairs(two) if len(x) == 2 else reduction(one))(op, x, w)


def spread(f: Callable[..., Array]) -> Reference:
    return lambda op, x, w: f(x[0], places(op, x[0]), ddof=int(op.unbiased))


def logsumexp(x: Array, axes: tuple[int, ...]) -> Array:
    greatest = x.max(axes, keepdims=True)
    return np.squeeze(greatest + np.log(np.exp(x - greatest).sum(axes, keepdims=True)), axes)


FUNCTIONS: dict[str, Reference] = {
    "add": pairs(np.add),
    "subtract": pairs(np.subtract),
    "multiply": pairs(np.multiply),
    "divide": pairs(np.divide),
    "floor_divide": pairs(np.floor_divide),
    "remainder": pairs(np.remainder),
    "power": pairs(np.power),
    "negative": each(np.negative),
    "equal": pairs(np.equal),
    "not_equal": pairs(np.not_equal),
    "less": pairs(np.less),
    "less_equal": pairs(np.less_equal),
    "greater": pairs(np.greater),
    "greater_equal": pairs(np.greater_equal),
    "logical_and": pairs(np.logical_and),
    "logical_or": pairs(np.logical_or),
    "logical_not": each(np.logical_not),
    "exp": each(np.exp),
    "expm1": each(np.expm1),
    "log": each(np.log),
    "log1p": each(np.log1p),
    "sqrt": each(np.sqrt),
    "rsqrt": each(lambda x: 1 / np.sqrt(x)),
    "sin": each(np.sin),
    "cos": each(np.cos),
    "tan": each(np.tan),
    "atan2": pairs(np.arctan2),
    "floor": each(np.floor),
    "ceil": each(np.ceil),
    "round": each(np.rint),
    "sign": each(np.sign),
    "abs": each(np.abs),
    "sum": reduction(np.sum),
    "mean": reduction(np.mean),
    "prod": reduction(np.prod),
    "var": spread(np.var),
    "std": spread(np.std),
    "logsumexp": reduction(logsumexp),
    "norm": reduction(lambda x, axes: np.sqrt((x**2).sum(axes))),
    "any": reduction(np.any),
    "all": reduction(np.all),
    "max": either(np.max, np.maximum),
    "min": either(np.min, np.minimum),
}
