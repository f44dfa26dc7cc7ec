"""Rows that are augmented."""

from collections.abc import Iterator

import numpy as np

from dlspec.programs.verbatim.example import AHEAD, augment, load
from dlspec.programs.verbatim.order import AUGMENT, order
from dlspec.programs.verbatim.rows import Rows, length, take


def blocks(part: str, size: int, seed: int, epoch: int) -> Iterator[Rows]:
    """Rows of an epoch in its order, augmented, some batches of `size` at a time."""
    rows, together = load()[part], AHEAD * size
    index = order(length(rows), seed, epoch)
    for start in range(0, len(index), together):
        rng = np.random.default_rng((seed, AUGMENT, epoch, start))
        yield augment(take(rows, index[start : start + together]), rng)
