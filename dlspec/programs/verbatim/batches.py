"""Rows for training and for evaluation."""

from collections.abc import Iterator

from dlspec.programs.verbatim.example import AHEAD, load
from dlspec.programs.verbatim.order import order
from dlspec.programs.verbatim.rows import Rows, length, take


def blocks(part: str, size: int, seed: int, epoch: int) -> Iterator[Rows]:
    """Rows of an epoch in its order, some batches of `size` at a time."""
    rows, together = load()[part], AHEAD * size
    index = order(length(rows), seed, epoch)
    for start in range(0, len(index), together):
        yield take(rows, index[start : start + together])


def chunks(part: str, size: int) -> Iterator[Rows]:
    """All rows in their order, `size` at a time, as evaluation reads them."""
    rows = load()[part]
    for start in range(0, length(rows), size):
        yield take(rows, slice(start, start + size))
