"""Resizing, pixels and their like, written out in NumPy from the formulas of their manual pages."""

from __future__ import annotations

import math
from itertools import product
from typing import Any

import numpy as np
from reference_windows import Array, Reference, Weights, each


def sizes(op: Any, x: Array) -> list[int]:
    """The places of each axis of the result."""
    if hasattr(op, "scale"):
        return [n * s for n, s in zip(x.shape[2:], each(op, op.scale), strict=True)]
    return list(each(op, op.size))


def place(op: Any, i: int, n: int, m: int) -> list[tuple[int, float]]:
    """The places of n that place i of m reads, with their shares."""
    if op.mode == "nearest":
        return [(math.floor((2 * i + 1) * n / (2 * m)), 1.0)]
    at = (i + 1 / 2) * n / m - 1 / 2
    if op.align_corners:
        at = 0 if m == 1 else i * (n - 1) / (m - 1)
    if op.mode == "bicubic":
        places = [math.floor(at) + k for k in (-1, 0, 1, 2)]
        return [(min(max(p, 0), n - 1), cubic(abs(at - p))) for p in places]
    at = min(max(at, 0), n - 1)
    below = math.floor(at)
    return [(below, 1 - (at - below)), (min(below + 1, n - 1), at - below)]


def cubic(d: float, a: float = -0.75) -> float:
    """Keys's kernel."""
    if d <= 1:
        return (a + 2) * d**3 - (a + 3) * d**2 + 1
    return a * d**3 - 5 * a * d**2 + 8 * a * d - 4 * a


def resized(op: Any, x: list[Array], w: Weights) -> Array:
    old, new = x[0].shape[2:], sizes(op, x[0])
    y = np.zeros((*x[0].shape[:2], *new))
    for at in product(*map(range, new)):
        reads = (place(op, i, n, m) for i, n, m in zip(at, old, new, strict=True))
        for corner in product(*reads):
            share = math.prod(s for _, s in corner)
            y[(..., *at)] += share * x[0][(..., *(p for p, _ in corner))]
    return y


def pixel_shuffle(op: Any, x: list[Array], w: Weights) -> Array:
    """y[c, i r + p, j r + q] = x[c r² + p r + q, i, j]"""
    b, c, h, width = x[0].shape
    r = int(op.factor)
    y = np.empty((b, c // r**2, h * r, width * r))
    for k, p, q in product(range(c // r**2), range(r), range(r)):
        y[:, k, p::r, q::r] = x[0][:, k * r**2 + p * r + q]
    return y


def pixel_unshuffle(op: Any, x: list[Array], w: Weights) -> Array:
    b, c, h, width = x[0].shape
    r = int(op.factor)
    y = np.empty((b, c * r**2, h // r, width // r))
    for k, p, q in product(range(c), range(r), range(r)):
        y[:, k * r**2 + p * r + q] = x[0][:, k, p::r, q::r]
    return y


def padded(op: Any, x: list[Array], w: Weights) -> Array:
    named = {"constant_values": op.value} if op.mode == "constant" else {}
    given = pairs(op, op.padding)
    return np.pad(x[0], [(0, 0), (0, 0), *given], mode=op.mode, **named)


def cropped(op: Any, x: list[Array], w: Weights) -> Array:
    sizes = zip(x[0].shape[2:], pairs(op, op.cropping), strict=True)
    return x[0][(..., *(slice(before, n - after) for n, (before, after) in sizes))]


def pairs(op: Any, given: Any) -> list[tuple[int, int]]:
    if not isinstance(given, tuple):
        given = (given,) * op.places
    elif op.places == 1:
        given = (given,)
    return [p if isinstance(p, tuple) else (p, p) for p in given]


PLACES: dict[str, Reference] = {
    **{f"{kind}{n}D": resized for kind in ("Upsample", "Resize") for n in (1, 2, 3)},
    **{f"Pad{n}D": padded for n in (1, 2, 3)},
    **{f"Crop{n}D": cropped for n in (1, 2, 3)},
    "PixelShuffle": pixel_shuffle,
    "PixelUnshuffle": pixel_unshuffle,
}
