"""Random numbers, by a generator with a state: training gives it a seed and a number of calls."""

from __future__ import annotations

from typing import Any

from dlspec.backend.protocol import SEED, Emit, Emitted, Slot, Use, X
from dlspec.emit import python as py
from dlspec.ops import draws
from dlspec.ops.base import Op


def size(use: Use) -> py.Expr:
    """How many examples there are, and the shape of what is drawn for each."""
    count = py.Index(py.call("ops.shape", X[0]), py.literal(0))
    return py.Tuple((count, *(use.given(n, "size") for n in use.op.shape_)))


def drawn(function: str, use: Use, *args: Slot, **named: Any) -> Emitted:
    return Emitted(py.call(f"keras.random.{function}", size(use), *args, **named, seed=SEED))


def normal(use: Use) -> Emitted:
    mean, std = use.field("mean").or_default(0.0), use.field("std").or_default(1.0)
    return drawn("normal", use, mean=mean, stddev=std)


def uniform(use: Use) -> Emitted:
    low, high = use.field("low").or_default(0.0), use.field("high").or_default(1.0)
    return drawn("uniform", use, minval=low, maxval=high)


def randint(use: Use) -> Emitted:
    return drawn("randint", use, use.field("low"), use.field("high"))


def full(use: Use) -> Emitted:
    return Emitted(py.call("ops.full", size(use), use.field("value")))


def beta(use: Use) -> Emitted:
    return drawn("beta", use, use.field("a"), use.field("b"))


def permutation(use: Use) -> Emitted:
    numbers = py.call("ops.arange", use.given(use.op.count, "length"), dtype=py.literal("int32"))
    return Emitted(py.call("keras.random.shuffle", numbers, seed=SEED))


def like(function: str) -> Emit:
    """Numbers of the shape and the dtype of the input."""
    shape, kind = py.call("ops.shape", X[0]), py.Attribute(X[0], "dtype")
    return lambda use: Emitted(py.call(f"keras.random.{function}", shape, dtype=kind, seed=SEED))


def filled(function: str) -> Emit:
    return lambda use: Emitted(py.call(function, X[0]))


LAYERS: dict[type[Op], Emit] = {
    draws.normal: normal,
    draws.uniform: uniform,
    draws.randint: randint,
    draws.beta: beta,
    draws.permutation: permutation,
    draws.full: full,
    draws.normal_like: like("normal"),
    draws.uniform_like: like("uniform"),
    draws.zeros_like: filled("ops.zeros_like"),
    draws.ones_like: filled("ops.ones_like"),
}
