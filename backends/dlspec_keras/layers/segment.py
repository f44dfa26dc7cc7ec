"""Reductions by segments."""

from __future__ import annotations

from functools import partial

from dlspec.backend.protocol import Emit, Emitted, Use, X
from dlspec.emit import python as py
from dlspec.ops import segment as s
from dlspec.ops.base import Op


def segments(name: str, use: Use) -> Emitted:
    call = py.call(name, X[0], X[1], use.field("count"))
    return Emitted(call, helpers=("segment", name))


def least(use: Use) -> Emitted:
    call = py.call("segment_max", py.Unary("-", X[0]), X[1], use.field("count"))
    return Emitted(py.Unary("-", call), helpers=("segment", "segment_max"))


LAYERS: dict[type[Op], Emit] = {
    s.segment_sum: partial(segments, "segment_sum"),
    s.segment_mean: partial(segments, "segment_mean"),
    s.segment_max: partial(segments, "segment_max"),
    s.segment_min: least,
}
