"""Batches of rows of nearly one length."""

import numpy as np

from dlspec.programs.verbatim.order import ORDER


def bucketed(
    lengths: np.ndarray, size: int, ascending: int, seed: int, epoch: int
) -> np.ndarray:
    """Batches of neighbours by length, in any order; at first from the shortest on."""
    rng = np.random.default_rng((seed, ORDER, epoch))
    if epoch < ascending:
        return np.lexsort((rng.permutation(len(lengths)), lengths))
    index = np.argsort(lengths * rng.uniform(0.9, 1.1, len(lengths)), kind="stable")
    rest = len(index) % size
    start = size * rng.integers(len(index) // size + 1)  # any neighbours are left over
    last = index[start : start + rest]
    batches = np.delete(index, np.s_[start : start + rest]).reshape(-1, size)
    return np.concatenate((rng.permutation(batches).ravel(), last))
