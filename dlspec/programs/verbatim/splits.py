"""Which rows are for training, which for validation and which for the test."""

import numpy as np

from dlspec.programs.verbatim.rows import DataError

Parts = dict[str, np.ndarray]


def stratified(label: np.ndarray, shares: dict[str, float], seed: int) -> Parts:
    """Parts of exactly these shares, in each of which every class has its share."""
    rng = np.random.default_rng(seed)
    place = np.empty(len(label))
    for value in np.unique(label):
        index = rng.permutation(np.flatnonzero(label == value))
        place[index] = (np.arange(len(index)) + 0.5) / len(index)
    return cut(np.argsort(place, kind="stable"), shares)


def random(count: int, shares: dict[str, float], seed: int) -> Parts:
    """Parts of exactly these shares, drawn at random."""
    return cut(np.random.default_rng(seed).permutation(count), shares)


def ordered(count: int, shares: dict[str, float]) -> Parts:
    """The first rows, the next and the last."""
    return cut(np.arange(count), shares)


def cut(index: np.ndarray, shares: dict[str, float]) -> Parts:
    """One part after the other; within a part the rows keep the order of the source."""
    ends = np.round(np.cumsum(list(shares.values())) * len(index)).astype(int)
    pieces = np.split(index, ends)[: len(shares)]
    for part, piece in zip(shares, pieces, strict=True):
        if len(piece) == 0:
            raise DataError(f"no row of {len(index)} is left for {part}")
    return dict(zip(shares, map(np.sort, pieces), strict=True))
