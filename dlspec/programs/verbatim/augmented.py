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
        if i == 0 or step == first:
            index = order(length(rows), seed, epoch)
        batch = take(rows, index[i * size : (i + 1) * size])
        yield augment(batch, np.random.default_rng((seed, AUGMENT, step)))
