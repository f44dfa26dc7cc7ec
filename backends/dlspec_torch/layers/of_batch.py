"""The whole batch, which is the tensor itself: its first axis is that of the examples."""

from __future__ import annotations

from collections.abc import Mapping

from dlspec.backend.protocol import Emit, Emitted, Use, X
from dlspec.emit import python as py
from dlspec.ops import of_batch
from dlspec.ops.base import Op
from dlspec_torch.layers.common import length


def every(use: Use) -> Emitted:
    return Emitted(X[0])


def place(use: Use) -> Emitted:
    device = py.Attribute(X[0], "device")
    made = py.call("torch.arange", length(X[0], 0), device=device)
    return Emitted(made)


LAYERS: Mapping[type[Op], Emit] = {of_batch.batch: every, of_batch.row: place}
