"""The whole batch, which is the tensor itself: its first axis is that of the examples."""

from __future__ import annotations

from dlspec.backend.protocol import Emit, Emitted, Use, X
from dlspec.emit import python as py
from dlspec.ops import of_batch
from dlspec.ops.base import Op
from dlspec_keras.layers.common import length


def every(use: Use) -> Emitted:
    return Emitted(X[0])


def place(use: Use) -> Emitted:
    return Emitted(py.call("ops.arange", length(X[0], 0), dtype=py.literal("int32")))


LAYERS: dict[type[Op], Emit] = {of_batch.batch: every, of_batch.row: place}
