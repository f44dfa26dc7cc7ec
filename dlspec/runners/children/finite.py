"""Whether outputs are numbers at all."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np


def nan_rows(outputs: Mapping[str, np.ndarray]) -> dict[str, tuple[int, int]]:
    """By output, in how many rows something is no number, and of how many; none where all are."""
    found = {}
    for name, y in outputs.items():
        count = int(np.isnan(y.reshape(len(y), -1)).any(1).sum()) if y.dtype.kind == "f" else 0
        if count:
            found[name] = (count, len(y))
    return found
