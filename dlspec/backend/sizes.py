"""Sizes in the code of a program: fixed ones are numbers, dynamic ones are read from a tensor."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from dlspec.backend.protocol import Slot, Use, X
from dlspec.emit import python as py
from dlspec.expr import fixed, origin

Length = Callable[[py.Expr, int], py.Expr]
"""The size of an axis of the batch, when the program runs."""
OPEN = py.literal(-1)


def shaped(use: Use, sizes: Sequence[int], roles: Sequence[str], length: Length) -> list[py.Expr]:
    """The whole shape of a batch of such examples. One size is left open: a dynamic one, where
    there is one; else that of the batch."""
    dynamic = [i for i, s in enumerate(sizes) if not fixed(s)]
    unread = [i for i in dynamic if origin(sizes[i]) is None]
    open_ = unread[0] if unread else dynamic[0] if len(dynamic) == 1 else None
    made: list[py.Expr] = [
        OPEN if i == open_ else read(use, size, role, length)
        for i, (size, role) in enumerate(zip(sizes, roles, strict=True))
    ]
    if use.x[0].common:
        return made
    return [OPEN if open_ is None else length(X[0], 0), *made]


def read(use: Use, size: int, role: str, length: Length) -> py.Expr:
    """A size; a dynamic one that has no name is read from the input."""
    if not fixed(size) and origin(size) is None and size in use.x[0].stored:
        return length(X[0], use.x[0].stored.index(size) + (not use.x[0].common))
    return slot(use, size, role)


def slot(use: Use, size: int, role: str) -> Slot:
    """A size with its origin."""
    return use.given(int(size) if fixed(size) else size, role, origin(size))
