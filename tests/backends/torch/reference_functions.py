"""What each function of tensors computes, in NumPy."""

from __future__ import annotations

import math
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
    return lambda op, x, w: f(x[0], places(op, x[0]), keepdims=op.keepdims)


def length(op: Any, x: list[Array], w: Any) -> Array:
    """The norm of what stands on the axes, as one vector for each of the other places."""
    axes = places(op, x[0])
    last = tuple(range(-len(axes), 0))
    vectors = np.moveaxis(x[0], axes, last).reshape(*np.delete(x[0].shape, axes), -1)
    made = np.linalg.norm(vectors, float(op.p), -1)
    return np.expand_dims(made, axes) if op.keepdims else made


def pairs(f: Callable[..., Array]) -> Reference:
    """A function of elements: a scalar of each example gets the axes of the others."""

    def run(op: Any, x: list[Array], w: Any) -> Array:
        rank = max(v.ndim for v in x)
        return f(*(v.reshape(*v.shape, *[1] * (rank - v.ndim)) if v.ndim == 1 else v for v in x))

    return run


def either(one: Callable[..., Array], two: Callable[[Array, Array], Array]) -> Reference:
    return lambda op, x, w: (pairs(two) if len(x) == 2 else reduction(one))(op, x, w)


def spread(f: Callable[..., Array]) -> Reference:
    return lambda op, x, w: f(x[0], places(op, x[0]), ddof=int(op.unbiased), keepdims=op.keepdims)


def logsumexp(x: Array, axes: tuple[int, ...], keepdims: bool) -> Array:
    greatest = x.max(axes, keepdims=True)
    made = greatest + np.log(np.exp(x - greatest).sum(axes, keepdims=True))
    return made if keepdims else np.squeeze(made, axes)


erf = np.vectorize(math.erf, otypes=[float])
NUMBERS = {"f32": np.float64, "f64": np.float64, "i8": np.int8, "i32": np.int32, "i64": np.int64}
NUMBERS |= {"bool": np.bool_}


def cast(op: Any, x: list[Array], w: Any) -> Array:
    """NumPy too cuts off what is behind the point."""
    return x[0].astype(NUMBERS[op.dtype])


def one_hot(op: Any, x: list[Array], w: Any) -> Array:
    made = (x[0][..., None] == np.arange(op.count)).astype(float)
    return np.moveaxis(made, -1, op.axis % x[0].ndim + 1)


def place(op: Any, x: Array) -> int:
    """The axis that an op works along, with the batch in front."""
    return (-1 if op.axis is None else op.axis) % (x.ndim - 1) + 1


def along(f: Callable[[Array, int], Array]) -> Reference:
    return lambda op, x, w: f(x[0], place(op, x[0]))


def topk(op: Any, x: list[Array], w: Any) -> list[Array]:
    axis = place(op, x[0])
    order = np.argsort(-x[0], axis, kind="stable")
    at = np.take(order, range(op.k), axis)
    return [np.take_along_axis(x[0], at, axis), at]


def ordered(f: Callable[..., Array]) -> Reference:
    def run(op: Any, x: list[Array], w: Any) -> Array:
        axis = place(op, x[0])
        y = f(x[0], axis)
        return np.flip(y, axis) if op.descending else y

    return run


def stack(op: Any, x: list[Array], w: Any) -> Array:
    return np.stack(x, op.axis % x[0].ndim + 1)


def transpose(op: Any, x: list[Array], w: Any) -> Array:
    rank = x[0].ndim - 1
    order = range(rank)[::-1] if op.axes is None else (a % rank for a in op.axes)
    return x[0].transpose(0, *(a + 1 for a in order))


def pad(op: Any, x: list[Array], w: Any) -> Array:
    widths = [(0, 0)] * x[0].ndim
    for axis in places(op, x[0]):
        widths[axis] = op.width
    named = {"constant_values": op.value} if op.mode == "constant" else {}
    return np.pad(x[0], widths, mode=op.mode, **named)


def sinusoid(op: Any, x: list[Array], w: Any) -> Array:
    angle = x[0][..., None] / 10000 ** (np.arange(op.units // 2) / (op.units // 2 - 1))
    return np.concatenate((np.sin(angle), np.cos(angle)), -1)


def linspace(op: Any, x: list[Array], w: Any) -> Array:
    return np.linspace(op.start, op.stop, op.count)[None]


def matmul(op: Any, x: list[Array], w: Any) -> Array:
    return np.stack([a @ b for a, b in zip(*x, strict=True)])


def einsum(op: Any, x: list[Array], w: Any) -> Array:
    return np.stack([np.einsum(str(op.pattern), *row) for row in zip(*x, strict=True)])


def segments(f: Callable[..., Array]) -> Reference:
    """Each segment of each example by itself."""

    def run(op: Any, x: list[Array], w: Any) -> Array:
        y = np.zeros((len(x[0]), op.count, *x[0].shape[2:]))
        for values, index, made in zip(*x, y, strict=True):
            for k in range(op.count):
                if (index == k).any():
                    made[k] = f(values[index == k], axis=0)
        return y

    return run


def real_places(op: Any, x: list[Array]) -> Array:
    """Row by row: true at the first n places of an axis."""
    made = np.zeros(x[0].shape, bool)
    for row, n in zip(np.moveaxis(made, op.axis % (x[0].ndim - 1) + 1, 1), x[1], strict=True):
        row[: max(int(n), 0)] = True
    return made


def sequence_mask(op: Any, x: list[Array], w: Any) -> Array:
    made = real_places(op, x)
    others = [a for a in range(1, made.ndim) if a != op.axis % (made.ndim - 1) + 1]
    return made if op.whole or not others else made.any(tuple(others), keepdims=True)


def mask_padding(op: Any, x: list[Array], w: Any) -> Array:
    return np.where(real_places(op, x), x[0], np.asarray(op.value).astype(x[0].dtype))


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
    "log2": each(np.log2),
    "log10": each(np.log10),
    "asin": each(np.arcsin),
    "acos": each(np.arccos),
    "atan": each(np.arctan),
    "sinh": each(np.sinh),
    "cosh": each(np.cosh),
    "asinh": each(np.arcsinh),
    "acosh": each(np.arccosh),
    "atanh": each(np.arctanh),
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
    "norm": length,
    "any": reduction(np.any),
    "all": reduction(np.all),
    "erf": each(erf),
    "where": pairs(np.where),
    "zeros_like": lambda op, x, w: np.zeros_like(x[0]),
    "ones_like": lambda op, x, w: np.ones_like(x[0]),
    "full": lambda op, x, w: np.full((len(x[0]), *op.shape_), op.value),
    "Clip": lambda op, x, w: np.clip(x[0], op.low, op.high),
    "clip": lambda op, x, w: np.clip(x[0], op.low, op.high),
    "cast": cast,
    "one_hot": one_hot,
    "lengths": lambda op, x, w: np.full(
        len(x[0]), x[0].shape[op.axis % (x[0].ndim - 1) + 1], np.int32
    ),
    "sequence_mask": sequence_mask,
    "mask_padding": mask_padding,
    "stop_gradient": each(lambda x: x),
    "stack": stack,
    "transpose": transpose,
    "pad": pad,
    "tril": lambda op, x, w: np.tril(x[0], op.offset),
    "triu": lambda op, x, w: np.triu(x[0], op.offset),
    "roll": lambda op, x, w: np.roll(x[0], op.shift, (op.axis or 0) % (x[0].ndim - 1) + 1),
    "argmax": lambda op, x, w: np.argmax(x[0], place(op, x[0]), keepdims=op.keepdims),
    "argmin": lambda op, x, w: np.argmin(x[0], place(op, x[0]), keepdims=op.keepdims),
    "topk": topk,
    "sort": ordered(np.sort),
    "argsort": ordered(np.argsort),
    "cumsum": along(np.cumsum),
    "cumprod": along(np.cumprod),
    "linspace": linspace,
    "Sinusoid": sinusoid,
    "matmul": matmul,
    "einsum": einsum,
    "segment_sum": segments(np.sum),
    "segment_mean": segments(np.mean),
    "segment_max": segments(np.max),
    "segment_min": segments(np.min),
    "max": either(np.max, np.maximum),
    "min": either(np.min, np.minimum),
}
