"""Random affine maps, and images seen through them, a whole batch at a time."""

import numpy as np


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


def flips(count: int, chance: float, axis: int, rng: np.random.Generator) -> np.ndarray:
    """Reflections along `axis` (0 upside down, 1 left to right), as maps [N, 3, 3]."""
    pull = np.zeros((count, 3, 3), np.float32)
    pull[:, 0, 0] = pull[:, 1, 1] = pull[:, 2, 2] = 1
    pull[rng.random(count) < chance, axis, axis] = -1
    return pull


def mirror(image: np.ndarray, chosen: np.ndarray, axis: int) -> np.ndarray:
    """The same images, the chosen ones reflected along `axis`."""
    image = image.copy()
    image[chosen] = np.flip(image[chosen], axis)
    return image


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


def pick(plane: np.ndarray, index: np.ndarray) -> np.ndarray:
    """The values at these places, which exist: `clip` only spares the check."""
    return plane.take(index, mode="clip")


def blend(a: np.ndarray, b: np.ndarray, share: np.ndarray) -> np.ndarray:
    """The way from a to b, in the memory of b."""
    b -= a
    b *= share
    b += a
    return b


def resample_nearest(image: np.ndarray, pull: np.ndarray) -> np.ndarray:
    """Class maps [N, H, W], each pixel read from where its map [3, 3] sends it.

    Places are counted from the centre; the nearest value, class 0 outside.
    """
    count, height, width = image.shape
    y = np.arange(height, dtype=np.float32)[:, None] - (height - 1) / 2
    x = np.arange(width, dtype=np.float32) - (width - 1) / 2
    (a, b, c), (d, e, f) = pull[:, :2, :, None, None].transpose(1, 2, 0, 3, 4)
    source_y = np.rint(a * y + (b * x + (c + (height - 1) / 2))).astype(np.intp)
    source_x = np.rint(d * y + (e * x + (f + (width - 1) / 2))).astype(np.intp)
    inside = (
        (source_y >= 0) & (source_y < height) & (source_x >= 0) & (source_x < width)
    )
    index = np.arange(count)[:, None, None]
    values = image[index, source_y.clip(0, height - 1), source_x.clip(0, width - 1)]
    return np.where(inside, values, 0).astype(image.dtype)
