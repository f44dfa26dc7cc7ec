"""Layers that only training knows."""

from __future__ import annotations

from collections.abc import Mapping

from dlspec.backend.protocol import Emit, Emitted, Use
from dlspec.emit import python as py
from dlspec.ops.base import Op
from dlspec.ops.regularize import Dropout
from dlspec_torch.layers.common import applied


def dropout(use: Use) -> Emitted:
    return applied(py.call("nn.Dropout", use.field("rate")))


LAYERS: Mapping[type[Op], Emit] = {Dropout: dropout}
