"""Random numbers, by the default generator: training gives it a seed for each step."""

from __future__ import annotations

from collections.abc import Mapping

from dlspec.backend.protocol import Emit, Emitted, Slot, Use, X
from dlspec.emit import python as py
from dlspec.ops import draws
from dlspec.ops.base import Op
from dlspec_torch.layers.common import method

DEVICE = py.Attribute(X[0], "device")


def size(use: Use) -> tuple[py.Expr | Slot, ...]:
    """How many examples there are, and the shape of what is drawn for each."""
    return (py.call("len", X[0]), *(use.given(n, "size") for n in use.op.shape_))


def normal(use: Use) -> Emitted:
    if (use.op.mean, use.op.std) == (0, 1):
        return Emitted(py.call("torch.randn", *size(use), device=DEVICE))
    empty = py.call("torch.empty", *size(use), device=DEVICE)
    return Emitted(method(empty, "normal_", use.field("mean"), use.field("std")))


def uniform(use: Use) -> Emitted:
    if (use.op.low, use.op.high) == (0, 1):
        return Emitted(py.call("torch.rand", *size(use), device=DEVICE))
    empty = py.call("torch.empty", *size(use), device=DEVICE)
    return Emitted(method(empty, "uniform_", use.field("low"), use.field("high")))


def randint(use: Use) -> Emitted:
    bounds = use.field("low"), use.field("high")
    kind = {"dtype": py.Code("torch.int32"), "device": DEVICE}
    return Emitted(py.call("torch.randint", *bounds, py.Tuple(size(use)), **kind))


def full(use: Use) -> Emitted:
    return Emitted(py.call("torch.full", py.Tuple(size(use)), use.field("value"), device=DEVICE))


def beta(use: Use) -> Emitted:
    made = py.call("draw_beta", use.field("a"), use.field("b"), *size(use), device=DEVICE)
    return Emitted(made, helpers=("draw_beta",))


def permutation(use: Use) -> Emitted:
    count, kind = use.given(use.op.count, "length"), py.Code("torch.int32")
    return Emitted(py.call("torch.randperm", count, dtype=kind, device=DEVICE))


def like(function: str) -> Emit:
    return lambda use: Emitted(py.call(function, X[0]))


LAYERS: Mapping[type[Op], Emit] = {
    draws.normal: normal,
    draws.uniform: uniform,
    draws.randint: randint,
    draws.beta: beta,
    draws.permutation: permutation,
    draws.full: full,
    draws.normal_like: like("torch.randn_like"),
    draws.uniform_like: like("torch.rand_like"),
    draws.zeros_like: like("torch.zeros_like"),
    draws.ones_like: like("torch.ones_like"),
}
