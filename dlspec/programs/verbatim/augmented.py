"""Batches of rows that are augmented."""

import itertools
from collections.abc import Iterator

import numpy as np

from dlspec.programs.verbatim.example import augment, load
from dlspec.programs.verbatim.order import AUGMENT, order, steps
from dlspec.programs.verbatim.rows import Rows, length, take


def batches(
    part: str, size: int, seed: int, first: int, count: int | None = None
) -> Iterator[Rows]:
    """Training batches from step `first` on: `count` of them, or without an end."""
    rows, per_epoch = load()[part], steps(part, size)
    for step in itertools.islice(itertools.count(first), count):
        epoch, i = divmod(step, per_epoch)
        index = order(length(rows), seed, epoch)[i * size : (i + 1) * size]
        rng = np.random.default_rng((seed, AUGMENT, step))
        yield augment(take(rows, index), rng)
