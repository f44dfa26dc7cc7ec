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
AUGMENT = 1


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
    """Rows of an epoch in its order, augmented, some batches of `size` at a time."""
    rows, together = load()[part], AHEAD * size
    index = order(length(rows), seed, epoch)
    for start in range(0, len(index), together):
        rng = np.random.default_rng((seed, AUGMENT, epoch, start))
        yield augment(take(rows, index[start : start + together]), rng)


def order(count: int, seed: int, epoch: int) -> np.ndarray:
    """The order of the rows: a function of (seed, epoch) and of nothing else."""
    return np.random.default_rng((seed, ORDER, epoch)).permutation(count)


def length(rows: Rows) -> int:
    """The number of rows."""
    return len(next(iter(rows.values())))


def augment(rows: Rows, rng: np.random.Generator) -> Rows:
    """image: RandomRotate(10 deg), then RandomShift(10 %) as one affine resampling."""
    count = len(rows["image"])
    pull = turns(count, 10, rng) @ shifts(count, 0.1, (8, 8), rng)
    return rows | {"image": resample(rows["image"], pull)}


def turns(count: int, degrees: float, rng: np.random.Generator) -> np.ndarray:
    """Rotations by at most `degrees` either way, as maps [N, 3, 3] on (y, x, 1)."""
    angle = np.deg2rad(rng.uniform(-degrees, degrees, count))
    pull = np.zeros((count, 3, 3), np.float32)
    pull[:, 0, 0] = pull[:, 1, 1] = np.cos(angle)
    pull[:, 1, 0] = np.sin(angle)
    pull[:, 0, 1] = -pull[:, 1, 0]
    pull[:, 2, 2] = 1
    return pull


def shifts(
    count: int, share: float, size: tuple[int, ...], rng: np.random.Generator
) -> np.ndarray:
    """Shifts by at most `share` of the height and of the width, as maps [N, 3, 3]."""
    pull = np.zeros((count, 3, 3), np.float32)
    pull[:, :2, 2] = rng.uniform(-share, share, (count, 2)) * size
    pull[:, 0, 0] = pull[:, 1, 1] = pull[:, 2, 2] = 1
    return pull


def resample(image: np.ndarray, pull: np.ndarray) -> np.ndarray:
    """Images [N, C, H, W], each pixel read from where its map [3, 3] sends it.

    Places are counted from the centre; bilinear, zeros outside.
    """
    count, channels, height, width = image.shape
    y = np.arange(height, dtype=np.float32)[:, None] - (height - 1) / 2
    x = np.arange(width, dtype=np.float32) - (width - 1) / 2
    (a, b, c), (d, e, f) = pull[:, :2, :, None, None].transpose(1, 2, 0, 3, 4)
    source_y = a * y + (b * x + (c + (height - 1) / 2))
    source_x = d * y + (e * x + (f + (width - 1) / 2))
    # beyond the border of zeros is the border of zeros
    np.clip(source_y, -1, height, out=source_y)
    np.clip(source_x, -1, width, out=source_x)
    top, left = np.floor(source_y), np.floor(source_x)
    down, right = source_y - top, source_x - left
    stride = width + 3
    padded = np.zeros((channels, count, height + 3, stride), image.dtype)
    padded[:, :, 1:-2, 1:-2] = image.swapaxes(0, 1)
    corner = (top * stride + left).astype(np.intp)
    corner += (np.arange(count) * ((height + 3) * stride) + stride + 1)[:, None, None]
    out = np.empty_like(image)
    for channel, plane in enumerate(padded.reshape(channels, -1)):  # one fits the cache
        upper = blend(pick(plane, corner), pick(plane[1:], corner), right)
        plane = plane[stride:]
        lower = blend(pick(plane, corner), pick(plane[1:], corner), right)
        out[:, channel] = blend(upper, lower, down)
    return out


def blend(a: np.ndarray, b: np.ndarray, share: np.ndarray) -> np.ndarray:
    """The way from a to b, in the memory of b."""
    b -= a
    b *= share
    b += a
    return b


def pick(plane: np.ndarray, index: np.ndarray) -> np.ndarray:
    """The values at these places, which exist: `clip` only spares the check."""
    return plane.take(index, mode="clip")


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
