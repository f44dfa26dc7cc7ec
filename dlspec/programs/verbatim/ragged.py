"""Rows of different lengths, which stand in arrays as long as the longest."""

import numpy as np

from dlspec.programs.verbatim.arrays import checked
from dlspec.programs.verbatim.example import RAGGED
from dlspec.programs.verbatim.rows import DataError, Rows


def row_lengths(lengths: np.ndarray, most: int, what: str) -> np.ndarray:
    """How many places each row has. Raises DataError where that cannot be."""
    wrong = (lengths < 1) | (lengths > most) | (lengths != np.floor(lengths))
    if lengths.ndim != 1 or wrong.any():
        row = int(np.argmax(wrong)) if lengths.ndim == 1 else 0
        found = f"{lengths[row]} is no length of 1 to {most}"
        raise DataError(f"{what}, row {row + 1}: {found}")
    return lengths.astype(np.int32)


def ragged(
    values: np.ndarray,
    lengths: np.ndarray,
    what: str,
    shape: tuple[int, ...],
    axis: int,
) -> np.ndarray:
    """Rows of at most this shape, up to the longest on one axis, with 0 behind each."""
    values = np.moveaxis(checked(values, what), axis, 1)
    longest = int(row_lengths(lengths, shape[axis - 1], f"lengths of {what}").max())
    others = shape[: axis - 1] + shape[axis:]
    if values.shape[2:] != others or values.shape[1] < longest:
        found = list(np.moveaxis(values, 1, axis).shape[1:])
        told = f"{list(shape)}, and one of {longest} places"
        raise DataError(f"{what}: the rows have shape {found}, the spec says {told}")
    values = values[:, :longest]
    behind = np.arange(longest) >= lengths[:, None]
    values = np.where(behind.reshape(behind.shape + (1,) * len(others)), 0, values)
    return np.moveaxis(values, 1, axis)


def trimmed(rows: Rows) -> Rows:
    """A batch no longer than its longest row."""
    found = dict(rows)
    for name, axes in RAGGED.items():
        longest = int(rows[name].max())
        for field, axis in axes:
            found[field] = rows[field][(slice(None),) * axis + (slice(longest),)]
    return found
