"""Runs of neighbouring rows."""

import numpy as np

from dlspec.programs.verbatim.rows import DataError, Rows, length


def windows(rows: Rows, size: int, stride: int = 1) -> Rows:
    """Every `size` rows that follow each other, from each `stride`th on, as views."""
    if (count := length(rows)) < size:
        raise DataError(f"{count} rows are too few for a window of {size}")
    return {name: window(values, size)[::stride] for name, values in rows.items()}


def window(values: np.ndarray, size: int) -> np.ndarray:
    """Rows [N, ...] as [N - size + 1, size, ...]."""
    found = np.lib.stride_tricks.sliding_window_view(values, size, axis=0)
    return np.moveaxis(found, -1, 1)
