"""The order of rows that go on from batch to batch."""

import numpy as np

from dlspec.programs.verbatim.example import BATCH
from dlspec.programs.verbatim.rows import DataError


def order(count: int, seed: int, epoch: int) -> np.ndarray:
    """Row i of a batch follows row i of the last one: the same in every epoch."""
    if count < BATCH:
        raise DataError(f"{count} training rows are fewer than the {BATCH} of a batch")
    return np.arange(count // BATCH * BATCH).reshape(BATCH, -1).T.ravel()
