"""Indexing: Python's own brackets."""

from __future__ import annotations

from collections.abc import Mapping

from dlspec.backend.indexing import indexed
from dlspec.backend.protocol import Emit, Emitted, Use, X
from dlspec.emit import python as py
from dlspec.ops.base import Op
from dlspec.ops.indexing import gather, getitem
from dlspec_torch.layers.common import method


def brackets(use: Use) -> Emitted:
    return Emitted(indexed(use, lambda value, axis: method(value, "flip", axis)))


def gathered(use: Use) -> Emitted:
    """A common table at the indices of each example; each example at common ones, or at its own."""
    table, at = use.x
    # PyTorch takes 8 bits for a mask, and its ONNX exporter writes 32 where the format has 64.
    index = method(X[1], "long") if at.dtype in ("i8", "i32") else X[1]
    if table.common:
        return Emitted(py.Index(X[0], index))
    if at.common:
        return Emitted(py.Index(X[0], py.Tuple((py.Slice(), index))))
    return Emitted(py.call("taken", X[0], X[1]), helpers=("taken",))


LAYERS: Mapping[type[Op], Emit] = {getitem: brackets, gather: gathered}
