"""What the families share: axes as Keras counts them, and calls of layers and functions."""

from __future__ import annotations

from dataclasses import replace

from dlspec.backend.protocol import SELF, Emitted, Slot, Use, X
from dlspec.emit import python as py
from dlspec.expr import refs
from dlspec.tensor import FLOATS, Tensor


def length(value: py.Expr, axis: int) -> py.Expr:
    """The size of an axis of the batch, when the program runs."""
    return py.Index(py.call("ops.shape", value), py.literal(axis))


def layer(make: py.Expr) -> Emitted:
    """A layer of one input."""
    return Emitted(call=py.call(SELF, X[0]), make=make)


def function(name: str, *args: object, **named: object) -> Emitted:
    """A function of `keras.ops` of one input."""
    return Emitted(call=py.call(f"ops.{name}", X[0], *args, **named))


def as_float(value: py.Expr) -> Emitted:
    """A value in the type that the layers compute in."""
    return Emitted(py.call("as_float", value), helpers=("as_float",))


def number(use: Use, name: str) -> Slot:
    """An argument that is a number of the dtype of the input."""
    given = use.field(name)
    return given if use.x[0].dtype in FLOATS else replace(given, value=int(given.value))


def kept_axis(axis: int, x: Tensor) -> int:
    """An axis of an example as it is kept, counted from 0."""
    at = axis % x.rank
    return (at - 1) % x.rank if x.last else at


def front(x: Tensor) -> int:
    """How many axes stand before an example's own: the batch, but for what is common to all."""
    return 0 if x.common else 1


def keras_axis(axis: int, x: Tensor) -> int:
    """The same with those in front; -1 where it is the last."""
    at = kept_axis(axis, x)
    return -1 if at == x.rank - 1 else at + front(x)


def kept(use: Use, before: int, after: int) -> py.Slice:
    """The places of an axis without so many at its ends."""
    start = use.fixed(before) if before else None
    return py.Slice(start, use.fixed(-after) if after else None)


def axis_slot(use: Use, axis: int, x: Tensor | None = None) -> Slot:
    """An axis of an input, the first if none is named, as a literal."""
    return use.fixed(keras_axis(axis, x or use.x[0]))


def varies(use: Use, name: str) -> bool:
    """Whether an argument of the op is an expression of the block, and not a number."""
    made_by = use.origins.get(name)
    return made_by is not None and any(True for _ in refs(made_by))
