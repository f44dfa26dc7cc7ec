"""Fully connected layers."""

from __future__ import annotations

from collections.abc import Mapping

from dlspec.backend.protocol import Emit, Emitted, Use
from dlspec.emit import python as py
from dlspec.ops.base import Op
from dlspec.ops.dense import Dense
from dlspec_torch.layers.common import applied, batched, moved
from dlspec_torch.layers.kernel_norm import normed


def dense(use: Use) -> Emitted:
    bias = use.field("bias").or_default(True)
    make = py.call("nn.Linear", use.size("in_features"), use.field("units"), bias=bias)
    x = use.x[0]
    axis = use.op.sizes["in_features"] % x.rank
    return normed(use, moved(batched(axis, x), batched(x.rank - 1, x), applied(make)))


LAYERS: Mapping[type[Op], Emit] = {Dense: dense}
