"""The order of the rows, and the streams of random numbers."""

import numpy as np

ORDER = 0  # streams of random numbers
AUGMENT = 1


def order(count: int, seed: int, epoch: int) -> np.ndarray:
    """The order of the rows: a function of (seed, epoch) and of nothing else."""
    return np.random.default_rng((seed, ORDER, epoch)).permutation(count)
