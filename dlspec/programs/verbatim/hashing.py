"""Words as numbers of a given count."""

import hashlib
from collections.abc import Sequence

import numpy as np


def hashed(columns: Sequence[np.ndarray], count: int) -> np.ndarray:
    """The words of several columns together, as a number below `count`."""
    whole = np.array(
        ["\x1f".join(map(str, words)) for words in zip(*columns, strict=True)]
    )
    # each combination is hashed once, however many rows have it
    found, inverse = np.unique(whole, return_inverse=True)
    return np.array([number(text, count) for text in found], np.int64)[inverse]


def number(text: str, count: int) -> int:
    """A hash of 8 bytes, modulo the count."""
    whole = hashlib.blake2b(text.encode(), digest_size=8).digest()
    return int.from_bytes(whole, "big") % count
