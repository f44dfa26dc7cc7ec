"""Batches for training and for evaluation."""

import functools
import itertools
from collections.abc import Iterator

from dlspec.programs.verbatim.example import AHEAD, load
from dlspec.programs.verbatim.order import order, steps
from dlspec.programs.verbatim.rows import Rows, length, take


def batches(
    part: str, size: int, seed: int, first: int, count: int | None = None
) -> Iterator[Rows]:
    """Training batches from step `first` on: `count` of them, or without an end."""
    per_epoch = steps(part, size)
    for step in itertools.islice(itertools.count(first), count):
        epoch, i = divmod(step, per_epoch)
        block, place = divmod(i, AHEAD)
        rows = together(part, AHEAD * size, seed, epoch, block)
        yield take(rows, slice(place * size, (place + 1) * size))


@functools.lru_cache(maxsize=1)
def together(part: str, size: int, seed: int, epoch: int, block: int) -> Rows:
    """The rows of some batches, gathered at once."""
    rows = load()[part]
    index = order(length(rows), seed, epoch)[block * size : (block + 1) * size]
    return take(rows, index)


def chunks(part: str, size: int) -> Iterator[Rows]:
    """All rows in their order, `size` at a time, as evaluation reads them."""
    rows = load()[part]
    for start in range(0, length(rows), size):
        yield take(rows, slice(start, start + size))
