"""What is done to the values of a field."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from dlspec.programs.verbatim.rows import DataError


def moments(values: np.ndarray, axis: tuple[int, ...]) -> dict[str, np.ndarray]:
    """Mean and standard deviation over `axis`; 1 for what does not vary."""
    mean = values.mean(axis, np.float64, keepdims=True)[0]
    std = values.std(axis, np.float64, keepdims=True)[0]
    return {"mean": mean, "std": np.where(std > 0, std, 1.0)}


def standardize(values: np.ndarray, moments: Mapping[str, Any]) -> np.ndarray:
    """Mean 0 and standard deviation 1, where the moments are those of the values."""
    kind = np.result_type(values.dtype, np.float32)
    mean, std = np.asarray(moments["mean"], kind), np.asarray(moments["std"], kind)
    return (values - mean) / std


def whole(values: np.ndarray, dtype: type[np.integer], what: str) -> np.ndarray:
    """The values as integers. Raises DataError at one that is none."""
    limits = np.iinfo(dtype)
    wrong = (values != np.floor(values)) | (values < limits.min) | (values > limits.max)
    if wrong.any():
        row, *at = map(int, np.argwhere(wrong)[0])
        found = f"{values[(row, *at)]:.10g} is not a whole number of {limits.bits} bits"
        raise DataError(f"{what}, row {row + 1}: {found}")
    return values.astype(dtype)


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
