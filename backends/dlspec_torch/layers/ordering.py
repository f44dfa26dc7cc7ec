"""Functions along one axis that compare or add up its places. PyTorch counts places in 64 bits."""

from __future__ import annotations

from collections.abc import Mapping

from dlspec.backend.protocol import Emit, Emitted, Use, X
from dlspec.emit import python as py
from dlspec.ops import ordering as o
from dlspec.ops.base import Op
from dlspec.tensor import FLOATS
from dlspec_torch.layers.common import DTYPES, dim, method


def place(name: str) -> Emit:
    def emit(use: Use) -> Emitted:
        stay = use.field("keepdims").or_default(False)
        return Emitted(method(method(X[0], name, dim(use, -1), keepdim=stay), "int"))

    return emit


def topk(use: Use) -> Emitted:
    axis = dim(use, -1).or_default(-1)
    return Emitted(py.call("topk", X[0], use.field("k"), axis), helpers=("topk",))


def sort(use: Use) -> Emitted:
    descending = use.field("descending").or_default(False)
    made = method(X[0], "sort", dim(use, -1).or_default(-1), descending=descending)
    return Emitted(py.Attribute(made, "values"))


def argsort(use: Use) -> Emitted:
    descending = use.field("descending").or_default(False)
    made = method(X[0], "argsort", dim(use, -1).or_default(-1), descending=descending)
    return Emitted(method(made, "int"))


def cumsum(use: Use) -> Emitted:
    dtype = use.x[0].dtype
    kept = {} if dtype in FLOATS else {"dtype": DTYPES[dtype]}
    return Emitted(method(X[0], "cumsum", dim(use, -1), **kept))


def cumprod(use: Use) -> Emitted:
    """ONNX has none."""
    return Emitted(py.call("cumprod", X[0], dim(use, -1)), helpers=("cumprod",))


LAYERS: Mapping[type[Op], Emit] = {
    o.argmax: place("argmax"),
    o.argmin: place("argmin"),
    o.topk: topk,
    o.sort: sort,
    o.argsort: argsort,
    o.cumsum: cumsum,
    o.cumprod: cumprod,
}
