"""Rows that are augmented."""

import functools

import numpy as np

from dlspec.programs.verbatim.example import augment, load
from dlspec.programs.verbatim.order import AUGMENT, order
from dlspec.programs.verbatim.rows import Rows, length, take


@functools.lru_cache(maxsize=1)
def together(part: str, size: int, seed: int, epoch: int, block: int) -> Rows:
    """The rows of some batches, gathered and augmented at once."""
    rows = load()[part]
    index = order(length(rows), seed, epoch)[block * size : (block + 1) * size]
    rng = np.random.default_rng((seed, AUGMENT, epoch, block))
    return augment(take(rows, index), rng)
