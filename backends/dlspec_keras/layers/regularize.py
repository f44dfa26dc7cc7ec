"""Layers that only training knows."""

from __future__ import annotations

from dlspec.backend.protocol import Emit, Emitted, Use
from dlspec.emit import python as py
from dlspec.ops.base import Op
from dlspec.ops.regularize import Dropout
from dlspec_keras.layers.common import layer


def dropout(use: Use) -> Emitted:
    return layer(py.call("layers.Dropout", use.field("rate")))


LAYERS: dict[type[Op], Emit] = {Dropout: dropout}
