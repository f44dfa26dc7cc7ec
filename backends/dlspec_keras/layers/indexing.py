"""Indexing: Python's own brackets, and `ops.take`."""

from __future__ import annotations

from dlspec.backend.indexing import indexed
from dlspec.backend.protocol import Emit, Emitted, Use, X
from dlspec.emit import python as py
from dlspec.ops.base import Op
from dlspec.ops.indexing import gather, getitem


def brackets(use: Use) -> Emitted:
    return Emitted(indexed(use, lambda value, axis: py.call("ops.flip", value, axis=axis)))


def gathered(use: Use) -> Emitted:
    """A common table at the indices of each example; each example at common ones, or at its own."""
    table, at = use.x
    if table.common:
        return Emitted(py.call("ops.take", X[0], X[1], axis=0))
    if at.common:
        return Emitted(py.call("ops.take", X[0], X[1], axis=1))
    return Emitted(py.call("taken", X[0], X[1]), helpers=("taken",))


LAYERS: dict[type[Op], Emit] = {getitem: brackets, gather: gathered}
