"""Windows."""

import math

import keras
from keras import layers, ops


def max_pool_places(x, size, strides, dilation, pads=()):
    """The greatest of each window, and its place among those of its channel."""
    sizes = x.shape[1:-1]
    places = ops.arange(math.prod(sizes), dtype="int32")
    places = ops.reshape(places, (1, *sizes, 1))
    if pads:
        x = ops.pad(x, ((0, 0), *pads, (0, 0)), constant_values=float("-inf"))
        places = ops.pad(places, ((0, 0), *pads, (0, 0)))
    for axis in range(len(sizes), 0, -1):
        k, stride, apart = size[axis - 1], strides[axis - 1], dilation[axis - 1]
        end = x.shape[axis] - (k - 1) * apart
        windows = [slice(i * apart, end + i * apart, stride) for i in range(k)]
        before = (slice(None),) * axis
        greatest, where = x[*before, windows[0]], places[*before, windows[0]]
        for window in windows[1:]:
            other = x[*before, window]
            better = other > greatest
            greatest = ops.where(better, other, greatest)
            where = ops.where(better, places[*before, window], where)
        x, places = greatest, where
    return x, ops.broadcast_to(places, ops.shape(x))


def max_unpool(x, places, size):
    """Each value at its place among those of its channel, 0 elsewhere; several values
    of one place are brought to their mean."""
    count, channels, rows = math.prod(size), x.shape[-1], ops.shape(x)[0]
    first = ops.arange(rows, dtype="int32") * count
    first = ops.reshape(first, (-1, *[1] * (len(size) + 1)))
    at = (ops.cast(places, "int32") + first) * channels
    at = ops.reshape(at + ops.arange(channels, dtype="int32"), (-1, 1))
    values, whole = ops.reshape(x, (-1,)), (rows * count * channels,)
    number = ops.scatter(at, ops.ones_like(values), whole)
    y = ops.scatter(at, values, whole) / ops.maximum(number, 1)
    return ops.reshape(y, (-1, *size, channels))


def spread(x, axis, stride):
    """Zeros between the places of an axis, and none behind the last."""
    if stride == 1:
        return x
    before, behind = x.shape[1 : axis + 1], x.shape[axis + 1 :]
    rows = ops.reshape(x, (-1, 1, math.prod(behind)))
    rows = ops.pad(rows, ((0, 0), (0, stride - 1), (0, 0)))
    *outer, size = before
    x = ops.reshape(rows, (-1, *outer, size * stride, *behind))
    kept = slice(0, (size - 1) * stride + 1)
    return x[(slice(None),) * axis + (kept,)]


def unfold(x, size, strides, dilation):
    """The numbers of each window as channels, in PyTorch's order, an axis at a time."""
    for axis, k in enumerate(size, start=1):
        stride, apart = strides[axis - 1], dilation[axis - 1]
        before = (slice(None),) * axis
        ends = [(i * apart, (i + 1 - k) * apart or None) for i in range(k)]
        parts = [x[*before, slice(start, stop, stride)] for start, stop in ends]
        x = ops.stack(parts, axis=-1)
        x = ops.reshape(x, (-1, *ops.shape(x)[1:-2], x.shape[-2] * k))
    return x


def fold(x, size, kernel, strides, dilation):
    """What `unfold` made, each window added where it came from."""
    for axis in range(len(size), 0, -1):
        k, apart = kernel[axis - 1], dilation[axis - 1]
        x = ops.reshape(x, (-1, *x.shape[1:-1], x.shape[-1] // k, k))
        parts, widths = [], [(0, 0)] * (len(size) + 2)
        for i in range(k):
            part = spread(x[..., i], axis, strides[axis - 1])
            after = size[axis - 1] - i * apart - part.shape[axis]
            widths[axis] = (i * apart, after)
            parts.append(ops.pad(part, widths))
        x, *others = parts
        for part in others:
            x = x + part
    return x


class Segment(layers.Layer):
    def __init__(self, c: int) -> None:
        super().__init__()
        self.conv2d = layers.Conv2D(c, 3, padding="same")
        self.conv2d_2 = layers.Conv2D(c, 1)
        self.conv2d_3 = layers.Conv2D(c, 1)

    def call(self, x):
        y, places = max_pool_places(self.conv2d(x), (2, 2), (2, 2), (1, 1))
        return self.conv2d_3(max_unpool(ops.relu(self.conv2d_2(y)), places, (8, 6)))


class Smooth(layers.Layer):
    def __init__(self, in_channels: int, kernel: tuple[int, ...], k: int) -> None:
        super().__init__()
        self.k = k
        self.kernel = kernel
        self.y = layers.Conv2D(in_channels * k**2, 1)

    def call(self, x):
        y = ops.pad(
            x, ((0, 0), (self.k // 2, self.k // 2), (self.k // 2, self.k // 2), (0, 0))
        )
        y = self.y(unfold(y, self.kernel, (1, 1), (1, 1)))
        return fold(y, (10, 8), self.kernel, (1, 1), (1, 1))[:, 1:-1, 1:-1]


class Windows(keras.Model):
    def __init__(self) -> None:
        super().__init__()
        self.segment = Segment(4)
        self.segment_2 = Segment(3)
        self.smooth = Smooth(3, (3, 3), 3)
        self.smooth_2 = Smooth(3, (2, 2), 2)
        self.dense = layers.Dense(2)

    def call(self, image):  # [B, 8, 6, 2] -> [B, 2]
        x = self.segment(image)  # [B, 8, 6, 4]
        x = self.segment_2(x)  # [B, 8, 6, 3]
        x = self.smooth(x)
        # [B, 144]
        x = ops.reshape(ops.transpose(self.smooth_2(x), (0, 3, 1, 2)), (-1, 144))
        return self.dense(x)
