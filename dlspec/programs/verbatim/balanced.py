"""Batches in which classes are equally frequent."""

import math

import numpy as np

from dlspec.programs.verbatim.order import ORDER
from dlspec.programs.verbatim.rows import DataError


def balanced(
    label: np.ndarray, size: int, classes: int, seed: int, epoch: int
) -> np.ndarray:
    """Batches of equally many rows of each of some classes, which come in turn."""
    rng = np.random.default_rng((seed, ORDER, epoch))
    rows = [rng.permutation(np.flatnonzero(label == k)) for k in np.unique(label)]
    if len(rows) < classes:
        raise DataError(f"a batch takes {classes} classes, the rows have {len(rows)}")
    each, taken, found = size // classes, [0] * len(rows), []
    for _ in range(math.ceil(len(label) / size)):
        for k in rng.choice(len(rows), classes, replace=False):
            found.append(rows[k][(taken[k] + np.arange(each)) % len(rows[k])])
            taken[k] += each
    return np.concatenate(found)
