"""Functions that choose, bound and convert elements."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

from dlspec.backend.protocol import Emit, Emitted, Use, X
from dlspec.emit import python as py
from dlspec.ops import choosing as c
from dlspec.ops import triangle as t
from dlspec.ops.base import Op
from dlspec_torch.layers.arithmetic import operands
from dlspec_torch.layers.common import DTYPES, batched, method, number


def where(use: Use) -> Emitted:
    made = py.call("torch.where", *operands(use))
    if {1, 2} <= use.scalars.keys() and use.y[0].dtype == "i32":
        made = method(made, "to", DTYPES["i32"])  # PyTorch takes Python's integers for 64 bits
    return Emitted(made)


def clip(use: Use) -> Emitted:
    return Emitted(method(X[0], "clamp", number(use, "low"), number(use, "high")))


def cast(use: Use) -> Emitted:
    if use.op.dtype == use.x[0].dtype:
        return Emitted(X[0])
    return Emitted(method(X[0], "to", DTYPES[use.op.dtype]))


def one_hot(use: Use) -> Emitted:
    x = use.x[0]
    at = use.op.axis % (x.rank + 1)
    dim = use.fixed(-1 if at == x.rank else batched(at, x)).or_default(-1)
    return Emitted(py.call("one_hot", X[0], use.field("count"), dim), helpers=("one_hot",))


def stop_gradient(use: Use) -> Emitted:
    return Emitted(method(X[0], "detach"))


def triangle(name: str, use: Use) -> Emitted:
    """ONNX Runtime has no kernel for the smaller integers."""
    offset = use.field("offset").or_default(0)
    dtype = use.x[0].dtype
    if dtype not in ("i8", "i32"):
        return Emitted(method(X[0], name, offset))
    wide = method(X[0], "to", DTYPES["i64"])
    return Emitted(method(method(wide, name, offset), "to", DTYPES[dtype]))


LAYERS: Mapping[type[Op], Emit] = {
    c.where: where,
    c.Clip: clip,
    c.clip: clip,
    c.cast: cast,
    c.one_hot: one_hot,
    c.stop_gradient: stop_gradient,
    t.tril: partial(triangle, "tril"),
    t.triu: partial(triangle, "triu"),
}
