"""Weights and constants of a block's own, and common tensors once for each example."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dlspec.backend.protocol import SELF, Emit, Emitted, Slot, Use, X
from dlspec.emit import python as py
from dlspec.ops.base import Op
from dlspec.ops.raw import Buffer, Parameter
from dlspec.passes.batch import Expand, Only
from dlspec.tensor import Tensor
from dlspec_torch.layers.common import method


def zeros(use: Use) -> py.Expr:
    """What a checkpoint or the first draw fills."""
    sizes: tuple[Any, ...] = tuple(use.given(n, "size") for n in use.y[0].shape)
    return py.call("torch.zeros", *sizes) if sizes else py.call("torch.zeros", py.Tuple(()))


def parameter(use: Use) -> Emitted:
    return Emitted(SELF, py.call("nn.Parameter", zeros(use)))


def buffer(use: Use) -> Emitted:
    """Numbers of the spec stand in the program, and in no checkpoint."""
    if isinstance(use.op.value, Tensor):
        return Emitted(SELF, py.call("nn.Buffer", zeros(use)))
    dtype = {"dtype": py.Atom("torch.int32")} if use.op.dtype == "i32" else {}
    value = py.call("torch.tensor", numbers(use), **dtype)
    return Emitted(SELF, py.call("nn.Buffer", value, persistent=False))


def numbers(use: Use) -> Slot:
    return use.given(listed(use.op.value), "values")


def listed(value: Any) -> Any:
    """Tuples as the lists that a spec has."""
    return [listed(v) for v in value] if isinstance(value, tuple) else value


def expand(use: Use) -> Emitted:
    """Without examples, as one of them."""
    if len(use.x) == 1:
        return Emitted(py.Index(X[0], py.literal(None)))
    batch = py.Index(py.Attribute(X[1], "shape"), py.literal(0))
    return Emitted(method(X[0], "expand", batch, *[-1] * use.x[0].rank))


def only(use: Use) -> Emitted:
    return Emitted(py.Index(X[0], py.literal(0)))


LAYERS: Mapping[type[Op], Emit] = {Parameter: parameter, Buffer: buffer, Expand: expand, Only: only}
