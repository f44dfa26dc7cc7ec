"""What is done to the values of a field."""

import numpy as np

from dlspec.programs.verbatim.rows import DataError


def moments(values: np.ndarray, axis: tuple[int, ...]) -> dict[str, np.ndarray]:
    """Mean and standard deviation over `axis`; 1 for what does not vary."""
    mean = values.mean(axis, np.float64)
    std = values.std(axis, np.float64)
    return {"mean": mean, "std": np.where(std > 0, std, 1.0)}


def one_hot(index: np.ndarray, count: int, what: str) -> np.ndarray:
    """A new last axis of `count`, 1 at the index and 0 elsewhere."""
    wrong = (index < 0) | (index >= count) | (index != np.floor(index))
    if wrong.any():
        row, *at = map(int, np.argwhere(wrong)[0])
        found = f"{index[(row, *at)]:g} is not one of 0 to {count - 1}"
        raise DataError(f"{what}, row {row + 1}: {found}")
    return np.eye(count, dtype=np.float32)[index.astype(np.int64)]


def resize(image: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """Images [..., H, W] of another size: bilinear, averaging where they shrink.

    Pixels are areas (half-pixel centres), as in Pillow and in PyTorch's antialias.
    """
    height, width = image.shape[-2:]
    if (height, width) == size:
        return image
    return hat(height, size[0]) @ image @ hat(width, size[1]).T


def hat(before: int, after: int) -> np.ndarray:
    """The weights [after, before] of a linear resize along one axis."""
    scale = before / after
    centre = (np.arange(after)[:, None] + 0.5) * scale
    distance = abs(np.arange(before) + 0.5 - centre) / max(scale, 1.0)
    weight = np.maximum(1 - distance, 0)
    return (weight / weight.sum(1, keepdims=True)).astype(np.float32)


def resize_nearest(image: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """Class maps [..., H, W] of another size: the value at the centre of each pixel."""
    height, width = image.shape[-2:]
    y = ((np.arange(size[0]) + 0.5) * height / size[0]).astype(int)
    x = ((np.arange(size[1]) + 0.5) * width / size[1]).astype(int)
    return image[..., y[:, None], x]
