"""Layers the other way round, with the weights that they have."""

from __future__ import annotations

from dlspec.backend.protocol import SELF, Emit, Emitted, Use, X
from dlspec.emit import python as py
from dlspec.ops.base import Op
from dlspec.ops.tied import Transposed


def transposed(use: Use) -> Emitted:
    weight = py.Attribute(SELF, "embeddings" if use.op.of == "Embedding" else "kernel")
    return Emitted(py.call("ops.matmul", X[0], py.call("ops.transpose", weight)))


LAYERS: dict[type[Op], Emit] = {Transposed: transposed}
