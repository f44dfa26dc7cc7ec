"""What both backends write of places cut off an axis."""

from __future__ import annotations

from dlspec.backend.protocol import Use
from dlspec.emit import python as py


def between(use: Use, cut: tuple[int, int], size: py.Expr) -> py.Slice:
    """The places of an axis of a size, without as many at its ends as arguments say."""
    first, last = use.given(cut[0], "before"), use.given(cut[1], "after")
    if isinstance(use.op.cropping, int):
        first = last = use.field("cropping")
    return py.Slice(first, py.Binary(size, "-", last))
