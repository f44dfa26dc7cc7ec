"""The order of the rows, and how many steps they make."""

import functools

import numpy as np

from dlspec.programs.verbatim.example import load
from dlspec.programs.verbatim.rows import length

ORDER = 0  # streams of random numbers
AUGMENT = 1


def steps(part: str, size: int) -> int:
    """Batches in an epoch, the last and smaller one counted."""
    return -(-length(load()[part]) // size)


@functools.lru_cache(maxsize=1)
def order(count: int, seed: int, epoch: int) -> np.ndarray:
    """The order of the rows: a function of (seed, epoch) and of nothing else."""
    return np.random.default_rng((seed, ORDER, epoch)).permutation(count)
