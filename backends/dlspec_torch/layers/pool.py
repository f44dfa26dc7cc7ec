"""Pooling. What is padded never wins a maximum, and by default does not count in a mean."""

from __future__ import annotations

from collections.abc import Mapping

from dlspec.backend.protocol import Emit, Emitted, Slot, Use, X
from dlspec.emit import python as py
from dlspec.ops.base import Op
from dlspec.ops.pool import (
    AvgPool1D,
    AvgPool2D,
    GlobalAvgPool1D,
    GlobalAvgPool2D,
    GlobalMaxPool1D,
    GlobalMaxPool2D,
    MaxPool1D,
    MaxPool2D,
)
from dlspec_torch.layers.common import by_rank, ends, method, padded, padding, symmetric

MINUS_INFINITY = py.call("float", "-inf")


def max_pool(use: Use) -> Emitted:
    pads = use.op.pads(use.x[0])
    if _own(use):
        return Emitted(_windows(use, "F.max_pool", X[0], padding=padding(use, pads)))
    return Emitted(_windows(use, "F.max_pool", padded(use, pads, MINUS_INFINITY)))


def avg_pool(use: Use) -> Emitted:
    pads = use.op.pads(use.x[0])
    counted = use.field("count_include_pad")
    if _own(use):
        unpadded = not any(before for before, _ in pads)
        counted = counted.or_default(counted.value if unpadded else True)
        pad = padding(use, pads)
        call = _windows(use, "F.avg_pool", X[0], padding=pad, count_include_pad=counted)
        return Emitted(call)
    if counted.value:
        return Emitted(_windows(use, "F.avg_pool", padded(use, pads)))
    name = by_rank("avg_pool", use.op.places)
    call = py.call(name, X[0], use.field("kernel"), _stride(use), ends(use, pads))
    return Emitted(call, helpers=(name,))


def _own(use: Use) -> bool:
    """Whether torch's own padding will do: at both ends alike, at most half of the kernel."""
    pads = use.op.pads(use.x[0])
    half = all(p <= k // 2 for (p, _), k in zip(pads, use.op.kernels, strict=True))
    return half and symmetric(pads)


def _stride(use: Use) -> Slot:
    """The stride, which torch too takes from the kernel where none is given."""
    stride = use.field("stride")
    return use.field("kernel") if stride.value is None else stride


def _windows(use: Use, name: str, value: py.Expr, **more: Slot) -> py.Call:
    kernel, stride = use.field("kernel"), use.field("stride")
    given = stride.or_default(None if stride.value is None else kernel.value)
    return py.call(by_rank(name, use.op.places), value, kernel, stride=given, **more)


def global_avg(use: Use) -> Emitted:
    if use.op.places == 1:
        return Emitted(method(X[0], "mean", _places(use)))
    return Emitted(py.call("global_avg_pool2d", X[0]), helpers=("global_avg_pool2d",))


def global_max(use: Use) -> Emitted:
    return Emitted(method(X[0], "amax", _places(use)))


def _places(use: Use) -> py.Expr:
    return py.literal(2 if use.op.places == 1 else (2, 3))


LAYERS: Mapping[type[Op], Emit] = {
    MaxPool1D: max_pool,
    MaxPool2D: max_pool,
    AvgPool1D: avg_pool,
    AvgPool2D: avg_pool,
    GlobalAvgPool1D: global_avg,
    GlobalAvgPool2D: global_avg,
    GlobalMaxPool1D: global_max,
    GlobalMaxPool2D: global_max,
}
