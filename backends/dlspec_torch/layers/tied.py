"""Layers the other way round, with the weights that they have."""

from __future__ import annotations

from collections.abc import Mapping

from dlspec.backend.protocol import SELF, Emit, Emitted, Use, X
from dlspec.emit import python as py
from dlspec.ops.base import Op
from dlspec.ops.tied import Transposed


def transposed(use: Use) -> Emitted:
    """Linear layers multiply with the transposed weight: a table of [count, dim] is one already."""
    weight = py.Attribute(SELF, "weight")
    if use.op.of == "Embedding":
        return Emitted(py.call("F.linear", X[0], weight))
    return Emitted(py.Binary(X[0], "@", weight))


LAYERS: Mapping[type[Op], Emit] = {Transposed: transposed}
