"""Reductions by segments."""

from __future__ import annotations

from collections.abc import Mapping

from dlspec.backend.protocol import Emit, Emitted, Use, X
from dlspec.emit import python as py
from dlspec.ops import segment as s
from dlspec.ops.base import Op


def segments(name: str) -> Emit:
    def emit(use: Use) -> Emitted:
        count, kind = use.field("count"), use.fixed(name)
        return Emitted(py.call("segments", X[0], X[1], count, kind), helpers=("segments",))

    return emit


LAYERS: Mapping[type[Op], Emit] = {
    s.segment_sum: segments("sum"),
    s.segment_mean: segments("mean"),
    s.segment_max: segments("amax"),
    s.segment_min: segments("amin"),
}
