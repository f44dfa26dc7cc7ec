"""Batches for training and for evaluation."""

import itertools
from collections.abc import Iterator

from dlspec.programs.verbatim.example import load
from dlspec.programs.verbatim.order import order, steps
from dlspec.programs.verbatim.rows import Rows, length, take


def batches(
    part: str, size: int, seed: int, first: int, count: int | None = None
) -> Iterator[Rows]:
    """Training batches from step `first` on: `count` of them, or without an end."""
    rows, per_epoch = load()[part], steps(part, size)
    for step in itertools.islice(itertools.count(first), count):
        epoch, i = divmod(step, per_epoch)
        index = order(length(rows), seed, epoch)[i * size : (i + 1) * size]
        yield take(rows, index)


def chunks(part: str, size: int) -> Iterator[Rows]:
    """All rows in their order, `size` at a time, as evaluation reads them."""
    rows = load()[part]
    for start in range(0, length(rows), size):
        yield take(rows, slice(start, start + size))
