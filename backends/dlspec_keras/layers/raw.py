"""Weights and constants of a block's own, and common tensors once for each example."""

from __future__ import annotations

from typing import Any

from dlspec.backend.protocol import SELF, Emit, Emitted, Slot, Use, X
from dlspec.emit import python as py
from dlspec.ops.base import Op
from dlspec.ops.raw import Buffer, Parameter
from dlspec.passes.batch import Expand, Only
from dlspec.tensor import Tensor


def weight(use: Use, trained: bool) -> Emitted:
    """What a checkpoint or the first draw fills."""
    shape = py.Tuple(tuple(use.given(n, "size") for n in use.y[0].shape))
    named: dict[str, Any] = {"shape": shape, "initializer": py.literal("zeros")}
    if not trained:
        named["trainable"] = py.literal(False)
    return Emitted(SELF, py.call("self.add_weight", **named))


def parameter(use: Use) -> Emitted:
    return weight(use, True)


def buffer(use: Use) -> Emitted:
    """Numbers of the spec stand in the program, and in no checkpoint."""
    if isinstance(use.op.value, Tensor):
        return weight(use, False)
    dtype = {
        "i32": py.literal("int32"),
        "f32": py.Atom("self.compute_dtype"),
        "bool": py.literal("bool"),
    }
    value = py.call("ops.convert_to_tensor", numbers(use), dtype[use.op.dtype])
    return Emitted(SELF, value)


def numbers(use: Use) -> Slot:
    return use.given(listed(use.op.value), "values")


def listed(value: Any) -> Any:
    """Tuples as the lists that a spec has."""
    return [listed(v) for v in value] if isinstance(value, tuple) else value


def expand(use: Use) -> Emitted:
    """Without examples, as one of them."""
    if len(use.x) == 1:
        return Emitted(py.Index(X[0], py.literal(None)))
    batch = py.Index(py.call("ops.shape", X[1]), py.literal(0))
    one = py.Index(X[0], py.literal(None))
    return Emitted(py.call("ops.repeat", one, batch, axis=0))


def only(use: Use) -> Emitted:
    return Emitted(py.Index(X[0], py.literal(0)))


LAYERS: dict[type[Op], Emit] = {Parameter: parameter, Buffer: buffer, Expand: expand, Only: only}
