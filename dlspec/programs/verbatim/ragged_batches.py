"""Rows of different lengths for training and for evaluation."""

from collections.abc import Iterator

from dlspec.programs.verbatim.example import load
from dlspec.programs.verbatim.order import order
from dlspec.programs.verbatim.ragged import trimmed
from dlspec.programs.verbatim.rows import Rows, length, take


def blocks(part: str, size: int, seed: int, epoch: int) -> Iterator[Rows]:
    """The batches of an epoch, shuffled, each as long as its longest row."""
    rows = load()[part]
    index = order(length(rows), seed, epoch)
    for start in range(0, len(index), size):
        yield trimmed(take(rows, index[start : start + size]))


def chunks(part: str, size: int) -> Iterator[Rows]:
    """All rows in their order, `size` at a time, as evaluation reads them."""
    rows = load()[part]
    for start in range(0, length(rows), size):
        yield take(rows, slice(start, start + size))
