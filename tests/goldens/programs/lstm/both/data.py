"""The rows of `data digits`: NumPy only, the same file whatever the backend."""

import functools
import hashlib
from collections.abc import Iterator
from typing import Any

import numpy as np
from sklearn.datasets import load_digits

AHEAD = 7  # batches that are made together
Rows = dict[str, np.ndarray]
Parts = dict[str, np.ndarray]
ORDER = 0  # streams of random numbers


class DataError(ValueError):
    """The data is not what the spec says."""


@functools.cache
def load() -> dict[str, Rows]:
    """train 60 %, val 15 %, test 25 %, stratified by label, seed 0."""
    digits = load_digits()
    rows = prepare({"image": digits.images[:, None]}) | {
        "label": digits.target.astype(np.int64)
    }
    parts = stratified(rows["label"], {"train": 0.6, "val": 0.15, "test": 0.25}, seed=0)
    return {part: take(rows, index) for part, index in parts.items()}


def stratified(label: np.ndarray, shares: dict[str, float], seed: int) -> Parts:
    """Parts of exactly these shares, in each of which every class has its share."""
    rng = np.random.default_rng(seed)
    place = np.empty(len(label))
    for value in np.unique(label):
        index = rng.permutation(np.flatnonzero(label == value))
        place[index] = (np.arange(len(index)) + 0.5) / len(index)
    return cut(np.argsort(place, kind="stable"), shares)


def cut(index: np.ndarray, shares: dict[str, float]) -> Parts:
    """One part after the other; within a part the rows keep the order of the source."""
    ends = np.round(np.cumsum(list(shares.values())) * len(index)).astype(int)
    pieces = np.split(index, ends)[: len(shares)]
    for part, piece in zip(shares, pieces, strict=True):
        if len(piece) == 0:
            raise DataError(f"no row of {len(index)} is left for {part}")
    return dict(zip(shares, map(np.sort, pieces), strict=True))


def take(rows: Rows, index: np.ndarray | slice) -> Rows:
    """Some of the rows."""
    return {name: values[index] for name, values in rows.items()}


def prepare(columns: Rows) -> Rows:
    """The model's inputs, from columns of the source."""
    return {"image": columns["image"].astype(np.float32) / 16}


def blocks(part: str, size: int, seed: int, epoch: int) -> Iterator[Rows]:
    """Rows of an epoch in its order, some batches of `size` at a time."""
    rows, together = load()[part], AHEAD * size
    index = order(length(rows), seed, epoch)
    for start in range(0, len(index), together):
        yield take(rows, index[start : start + together])


def order(count: int, seed: int, epoch: int) -> np.ndarray:
    """The order of the rows: a function of (seed, epoch) and of nothing else."""
    return np.random.default_rng((seed, ORDER, epoch)).permutation(count)


def length(rows: Rows) -> int:
    """The number of rows."""
    return len(next(iter(rows.values())))


def chunks(part: str, size: int) -> Iterator[Rows]:
    """All rows in their order, `size` at a time, as evaluation reads them."""
    rows = load()[part]
    for start in range(0, length(rows), size):
        yield take(rows, slice(start, start + size))


def facts() -> dict[str, Any]:
    """What the lock file says of the data."""
    return {
        "name": "digits",
        "hash": digest(load()),
        "rows": {part: length(rows) for part, rows in load().items()},
        "classes": {"label": ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"]},
    }


def digest(parts: dict[str, Rows]) -> str:
    """A hash of every value: equal for equal data, wherever it was read from."""
    whole = hashlib.sha256()
    for part, rows in parts.items():
        for name, values in sorted(rows.items()):
            whole.update(f"{part} {name} {values.dtype.str} {values.shape}\n".encode())
            whole.update(np.ascontiguousarray(values).data)
    return whole.hexdigest()
