"""Rows as columns of arrays."""

import hashlib
from collections.abc import Mapping
from typing import Any

import numpy as np

Rows = dict[str, np.ndarray]


class DataError(ValueError):
    """The data is not what the spec says."""


def length(rows: Rows) -> int:
    """The number of rows."""
    return len(next(iter(rows.values())))


def take(rows: Rows, index: np.ndarray | slice) -> Rows:
    """Some of the rows."""
    return {name: values[index] for name, values in rows.items()}


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
