"""The rows of `data diabetes`: NumPy only, the same file whatever the backend."""

import functools
import hashlib
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
from sklearn.datasets import load_diabetes

AHEAD = 64  # batches that are made together
Fitted = dict[str, dict[str, Any]]
Rows = dict[str, np.ndarray]
Parts = dict[str, np.ndarray]
ORDER = 0  # streams of random numbers


class DataError(ValueError):
    """The data is not what the spec says."""


@functools.cache
def read() -> tuple[Rows, Parts]:
    """The columns of the source, and the rows of each part: train 60 %, val 20 %,
    test 20 %, at random, seed 0.
    """
    diabetes = load_diabetes()
    columns = {"data": diabetes.data, "target": diabetes.target}
    return columns, random(
        length(columns), {"train": 0.6, "val": 0.2, "test": 0.2}, seed=0
    )


def random(count: int, shares: dict[str, float], seed: int) -> Parts:
    """Parts of exactly these shares, drawn at random."""
    return cut(np.random.default_rng(seed).permutation(count), shares)


def cut(index: np.ndarray, shares: dict[str, float]) -> Parts:
    """One part after the other; within a part the rows keep the order of the source."""
    ends = np.round(np.cumsum(list(shares.values())) * len(index)).astype(int)
    pieces = np.split(index, ends)[: len(shares)]
    for part, piece in zip(shares, pieces, strict=True):
        if len(piece) == 0:
            raise DataError(f"no row of {len(index)} is left for {part}")
    return dict(zip(shares, map(np.sort, pieces), strict=True))


def length(rows: Rows) -> int:
    """The number of rows."""
    return len(next(iter(rows.values())))


@functools.cache
def fit() -> Fitted:
    """What the data tells: classes, and statistics of the training rows."""
    columns, parts = read()
    train = parts["train"]
    return {
        "measures": moments(columns["data"][train], (0,)),
        "progression": moments(np.column_stack([columns["target"][train]]), (0,)),
    }


def moments(values: np.ndarray, axis: tuple[int, ...]) -> dict[str, np.ndarray]:
    """Mean and standard deviation over `axis`; 1 for what does not vary."""
    mean = values.mean(axis, np.float64, keepdims=True)[0]
    std = values.std(axis, np.float64, keepdims=True)[0]
    return {"mean": mean, "std": np.where(std > 0, std, 1.0)}


@functools.cache
def load() -> dict[str, Rows]:
    """The rows of each part."""
    columns, parts = read()
    fitted = fit()
    rows = prepare(columns, fitted) | {
        "progression": standardize(
            np.column_stack([columns["target"]]), fitted["progression"]
        ).astype(np.float32)
    }
    return {part: take(rows, index) for part, index in parts.items()}


def standardize(values: np.ndarray, moments: Mapping[str, Any]) -> np.ndarray:
    """Mean 0 and standard deviation 1, where the moments are those of the values."""
    kind = np.result_type(values.dtype, np.float32)
    mean, std = np.asarray(moments["mean"], kind), np.asarray(moments["std"], kind)
    return (values - mean) / std


def take(rows: Rows, index: np.ndarray | slice) -> Rows:
    """Some of the rows."""
    return {name: values[index] for name, values in rows.items()}


def prepare(columns: Rows, fitted: Fitted) -> Rows:
    """The model's inputs, from columns of the source."""
    return {
        "measures": standardize(columns["data"], fitted["measures"]).astype(np.float32)
    }


def blocks(part: str, size: int, seed: int, epoch: int) -> Iterator[Rows]:
    """Rows of an epoch in its order, some batches of `size` at a time."""
    rows, together = load()[part], AHEAD * size
    index = order(length(rows), seed, epoch)
    for start in range(0, len(index), together):
        yield take(rows, index[start : start + together])


def order(count: int, seed: int, epoch: int) -> np.ndarray:
    """The order of the rows: a function of (seed, epoch) and of nothing else."""
    return np.random.default_rng((seed, ORDER, epoch)).permutation(count)


def chunks(part: str, size: int) -> Iterator[Rows]:
    """All rows in their order, `size` at a time, as evaluation reads them."""
    rows = load()[part]
    for start in range(0, length(rows), size):
        yield take(rows, slice(start, start + size))


def facts() -> dict[str, Any]:
    """What the lock file says of the data."""
    return {
        "name": "diabetes",
        "hash": digest(load()),
        "rows": {part: length(rows) for part, rows in load().items()},
        "fitted": plain(fit()),
    }


def digest(parts: dict[str, Rows]) -> str:
    """A hash of every value: equal for equal data, wherever it was read from."""
    whole = hashlib.sha256()
    for part, rows in parts.items():
        for name, values in sorted(rows.items()):
            whole.update(f"{part} {name} {values.dtype.str} {values.shape}\n".encode())
            whole.update(np.ascontiguousarray(values).data)
    return whole.hexdigest()


def plain(fitted: Mapping[str, Mapping[str, Any]]) -> dict[str, dict[str, Any]]:
    """The same as lists, for JSON, which keeps every digit."""
    return {
        name: {key: np.asarray(values).tolist() for key, values in learned.items()}
        for name, learned in fitted.items()
    }
