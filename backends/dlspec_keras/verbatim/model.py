"""Classes and functions that a `model.py` holds as they stand, where it needs them."""

import math

import keras
from keras import layers, ops


def padded1d(x, by):
    """Zeros at both ends."""
    return ops.pad(x, ((0, 0), (by, by), (0, 0)))


def padded2d(x, by):
    """Zeros on all four sides."""
    return ops.pad(x, ((0, 0), (by, by), (by, by), (0, 0)))


def padded3d(x, by):
    """Zeros on all six sides."""
    return ops.pad(x, ((0, 0), (by, by), (by, by), (by, by), (0, 0)))


def cropped1d(x, by):
    """Without so many places at both ends."""
    return x[:, by : x.shape[1] - by]


def cropped2d(x, by):
    """Without so many places on all four sides."""
    return x[:, by : x.shape[1] - by, by : x.shape[2] - by]


def cropped3d(x, by):
    """Without so many places on all six sides."""
    _, d, h, w, _ = x.shape
    return x[:, by : d - by, by : h - by, by : w - by]


def padded_average(x, size, strides, pads):
    """The mean of each window over the places that are not padding."""
    widths = ((0, 0), *pads, (0, 0))
    counted = ops.pad(ops.ones_like(x[:1, ..., :1]), widths)
    mean = ops.average_pool(ops.pad(x, widths), size, strides=strides)
    return mean / ops.average_pool(counted, size, strides=strides)


def lp_pool(x, size, strides, p=2.0, pool=ops.average_pool):
    """The p-norm of each window; where it is 0, so is its gradient."""
    powers = ops.square(x) if p == 2 else ops.abs(x) ** p
    total = pool(powers, size, strides=strides) * math.prod(size)
    positive = total > 0
    total = ops.where(positive, total, 1)
    return ops.where(positive, ops.sqrt(total) if p == 2 else total ** (1 / p), 0)


def pool3d(pool, x, size, strides):
    """Over two axes, then over the third: TFLite has no windows over three."""
    d, h, w, c = x.shape[1:]
    x = pool(ops.reshape(x, (-1, h, w, c)), size[1:], strides=strides[1:])
    h, w = x.shape[1:3]
    x = ops.reshape(x, (-1, d, h * w, c))
    x = pool(x, (size[0], 1), strides=(strides[0], 1))
    return ops.reshape(x, (-1, x.shape[1], h, w, c))


def padded_average3d(x, size, strides, pads):
    """The mean of each window over the places that are not padding."""
    widths = ((0, 0), *pads, (0, 0))
    counted = ops.pad(ops.ones_like(x[:1, ..., :1]), widths)
    mean = pool3d(ops.average_pool, ops.pad(x, widths), size, strides)
    return mean / pool3d(ops.average_pool, counted, size, strides)


def dilated_max_pool(x, size, strides, dilation):
    """The greatest value of each window whose places lie apart, one axis at a time."""
    for axis in range(1, len(x.shape) - 1):
        k, stride, apart = size[axis - 1], strides[axis - 1], dilation[axis - 1]
        end = x.shape[axis] - (k - 1) * apart
        places = [slice(i * apart, end + i * apart, stride) for i in range(k)]
        before = (slice(None),) * axis
        greatest, *others = (x[*before, place] for place in places)
        for other in others:
            greatest = ops.maximum(greatest, other)
        x = greatest
    return x


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


def adaptive_pool(x, size, reduction):
    """So many windows on each axis, overlapping where they do not divide its places."""
    for axis, count in enumerate(size, start=1):
        n, before = x.shape[axis], (slice(None),) * axis
        places = [slice(i * n // count, -(-(i + 1) * n // count)) for i in range(count)]
        windows = [reduction(x[*before, p], axis=axis, keepdims=True) for p in places]
        x = ops.concatenate(windows, axis=axis)
    return x


def nearest(x, size):
    """Resized to the nearest places, found in integers: floats would round halves."""
    for axis, m in enumerate(size, start=1):
        n = x.shape[axis]
        x = ops.take(x, [(2 * i + 1) * n // (2 * m) for i in range(m)], axis=axis)
    return x


def resized1d(x, size):
    """Resized between neighbours."""
    return ops.image.resize(x[:, :, None], (*size, 1), "bilinear")[:, :, 0]


def resized3d(x, size):
    """Resized between neighbours: on two axes, then on the third."""
    d, h, w, c = x.shape[1:]
    x = ops.image.resize(ops.reshape(x, (-1, h, w, c)), size[1:], "bilinear")
    x = ops.reshape(x, (-1, d, size[1] * size[2], c))
    x = ops.image.resize(x, (size[0], size[1] * size[2]), "bilinear")
    return ops.reshape(x, (-1, *size, c))


def places_between(n, m, align_corners=False):
    """Where each of m places lies among n."""
    if align_corners:
        return [i * (n - 1) / max(m - 1, 1) for i in range(m)]
    return [(i + 0.5) * n / m - 0.5 for i in range(m)]


def interpolated(x, size, align_corners=False):
    """Resized between neighbours, in the precision of x."""
    for axis, m in enumerate(size, start=1):
        n = x.shape[axis]
        places = places_between(n, m, align_corners)
        places = [min(max(place, 0), n - 1) for place in places]
        below = [int(place) for place in places]
        share = [place - int(place) for place in places]
        share = ops.reshape(
            ops.array(share, x.dtype), (m, *[1] * (len(x.shape) - axis - 1))
        )
        left = ops.take(x, below, axis=axis)
        right = ops.take(x, [min(i + 1, n - 1) for i in below], axis=axis)
        x = left + (right - left) * share
    return x


def bicubic(x, size, align_corners=False):
    """Resized between four neighbours on each axis, by the kernel that PyTorch has."""
    for axis, m in enumerate(size, start=1):
        n = x.shape[axis]
        places = places_between(n, m, align_corners)
        below = [math.floor(place) for place in places]
        parts = []
        for k in range(-1, 3):
            far = [abs(p - i - k) for p, i in zip(places, below, strict=True)]
            near = ops.take(x, [min(max(i + k, 0), n - 1) for i in below], axis=axis)
            share = ops.array([cubic(d) for d in far], x.dtype)
            shape = (m, *[1] * (len(x.shape) - axis - 1))
            parts.append(near * ops.reshape(share, shape))
        x = parts[0] + parts[1] + parts[2] + parts[3]
    return x


def cubic(distance, a=-0.75):
    """The share of a place in what is read at this distance. Keys 1981."""
    d = distance
    if d <= 1:
        return ((a + 2) * d - (a + 3)) * d * d + 1
    return ((a * d - 5 * a) * d + 8 * a) * d - 4 * a


def local_response_norm(x, size, axis=-1, alpha=1e-4, beta=0.75, k=1.0):
    """Divided by the size of neighbouring channels. Krizhevsky et al. 2012."""
    widths = [(0, 0)] * len(x.shape)
    widths[axis] = (size // 2, (size - 1) // 2)
    squares = ops.pad(ops.square(x), widths)
    channels = x.shape[axis]
    total = ops.zeros_like(x)
    for i in range(size):
        near = [slice(None)] * len(x.shape)
        near[axis] = slice(i, i + channels)
        total = total + squares[tuple(near)]
    return x / (k + alpha / size * total) ** beta


def pixel_shuffle(x, factor):
    """Each group of channels becomes a square of pixels, in PyTorch's order."""
    h, w, c = x.shape[1:]
    x = ops.reshape(x, (-1, w, c // factor**2, factor, factor))
    x = ops.transpose(x, (0, 3, 1, 4, 2))
    return ops.reshape(x, (-1, h * factor, w * factor, c // factor**2))


def pixel_unshuffle(x, factor):
    """Each square of pixels becomes a group of channels."""
    h, w, c = x.shape[1] // factor, x.shape[2] // factor, x.shape[3]
    x = ops.reshape(x, (-1, factor, w, factor, c))
    x = ops.transpose(x, (0, 2, 4, 1, 3))
    return ops.reshape(x, (-1, h, w, c * factor**2))


def erf_gelu(x):
    """GELU with the constants in full precision."""
    return 0.5 * x * (1 + ops.erf(x / math.sqrt(2)))


def tanh_gelu(x):
    """GELU's approximation with the constants in full precision."""
    return 0.5 * x * (1 + ops.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x**3)))


def leaky_relu(x, slope):
    """The slope in full precision."""
    return ops.where(x > 0, x, x * slope)


def normalized(x, axis=-1, p=2.0, eps=1e-12):
    """Vectors of length 1. Keras's own have no gradient where all is 0."""
    if p == 2:
        square = ops.sum(ops.square(x), axis=axis, keepdims=True)
        return x * ops.rsqrt(ops.maximum(square, eps**2))
    if p == float("inf"):
        return x / ops.maximum(ops.max(ops.abs(x), axis=axis, keepdims=True), eps)
    powers = ops.sum(ops.abs(x) ** p, axis=axis, keepdims=True)
    return x / ops.maximum(powers, eps**p) ** (1 / p)


def taken(x, index):
    """The places of each example that its own index names, along its first axis."""
    count, ones = ops.shape(x)[1], [1] * (len(index.shape) - 1)
    first = ops.arange(ops.shape(x)[0], dtype="int32") * count
    places = ops.cast(index, "int32") + ops.reshape(first, (-1, *ones))
    return ops.take(ops.reshape(x, (-1, *x.shape[2:])), places, axis=0)


class ExactBatchNormalization(layers.BatchNormalization):
    """Its running variance takes the unbiased variance of a batch, as in PyTorch."""

    def call(self, x, training=None, mask=None):
        y = super().call(x, training=training, mask=mask)
        if training:
            count = ops.size(x) // ops.shape(x)[self.axis]
            if mask is not None:
                count = ops.sum(ops.cast(self.places(x, mask)[..., 0], "int32"))
            _, var = self._moments(x, mask)
            short = var / ops.cast(ops.maximum(count - 1, 1), x.dtype)
            self.moving_variance.assign_add((1 - self.momentum) * short)
        return y

    def places(self, x, mask):
        return ops.broadcast_to(mask[..., None], ops.shape(x))

    def _moments(self, x, mask):
        """Keras adds a small number to how many places are real."""
        if mask is None:
            return super()._moments(x, mask)
        real, axes = self.places(x, mask), self._reduction_axes
        count = ops.sum(ops.cast(real, x.dtype), axes)
        mean = ops.sum(ops.where(real, x, 0), axes) / count
        gap = ops.where(real, x - mean, 0)
        return mean, ops.sum(ops.square(gap), axes) / count


class StatelessBatchNormalization(layers.GroupNormalization):
    """Each channel by the mean and variance of its batch, in evaluation too."""

    def __init__(self, **kwargs) -> None:
        super().__init__(groups=1, **kwargs)

    def call(self, x, mask=None):
        y, shape = ops.cast(x, self.variable_dtype), [1] * len(x.shape)
        shape[self.axis] = -1
        others = [axis for axis, size in enumerate(shape) if size == 1]
        mean, var, _ = moments(y, others, mask)
        y = (y - mean) * ops.rsqrt(var + self.epsilon)
        y = y if self.gamma is None else y * ops.reshape(self.gamma, shape)
        y = y if self.beta is None else y + ops.reshape(self.beta, shape)
        return ops.cast(y, x.dtype)


class InstanceNormalization(layers.BatchNormalization):
    """Each channel of each example by itself; evaluation takes running averages."""

    def call(self, x, training=None, mask=None):
        if not (training and self.trainable):
            return super().call(x, training=False)
        y, shape = ops.cast(x, self.variable_dtype), [1] * len(x.shape)
        shape[self.axis] = -1
        places = [axis for axis, size in enumerate(shape) if size == 1][1:]
        mean, var, count = moments(y, places, mask)
        unbiased = var * count / ops.maximum(count - 1, 1)
        kept = ((self.moving_mean, mean), (self.moving_variance, unbiased))
        for average, found in kept:
            found = ops.mean(ops.squeeze(found, places), 0)
            average.assign(average * self.momentum + found * (1 - self.momentum))
        y = (y - mean) * ops.rsqrt(var + self.epsilon)
        y = y if self.gamma is None else y * ops.reshape(self.gamma, shape)
        y = y if self.beta is None else y + ops.reshape(self.beta, shape)
        return ops.cast(y, x.dtype)


class GaussianNoise(layers.Layer):
    """Noise of any deviation: that of Keras's own is at most 1."""

    def __init__(self, std: float, **kwargs) -> None:
        super().__init__(**kwargs)
        self.std = std
        self.seed_generator = keras.random.SeedGenerator()

    def call(self, x, training=False):
        if not training:
            return x
        noise = keras.random.normal(
            ops.shape(x), dtype=x.dtype, seed=self.seed_generator
        )
        return x + self.std * noise


class RReLU(layers.Layer):
    """A leaky ReLU whose slopes are drawn in training."""

    def __init__(self, low: float = 1 / 8, high: float = 1 / 3, **kwargs) -> None:
        super().__init__(**kwargs)
        self.low, self.high = low, high
        self.seed_generator = keras.random.SeedGenerator()

    def call(self, x, training=False):
        slope = (self.low + self.high) / 2
        if training:
            slope = keras.random.uniform(
                ops.shape(x), self.low, self.high, x.dtype, self.seed_generator
            )
        return ops.where(x > 0, x, x * slope)


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


class ConvTranspose(layers.Layer):
    """A transposed convolution with groups or dilation, as an ordinary one: over the
    input with zeros between its places.

    `kernel` is that of the ordinary one: [*places, inputs of a group, filters].
    """

    def __init__(
        self,
        filters: int,
        kernel_size,
        strides=1,
        output_padding=0,
        dilation_rate=1,
        groups: int = 1,
        use_bias: bool = True,
        **kwargs,
    ) -> None:
        super().__init__(**kwargs)
        self.filters, self.groups, self.use_bias = filters, groups, use_bias
        self.sizes = (kernel_size, strides, dilation_rate, output_padding)
        self.bias = None

    def build(self, input_shape) -> None:
        places = len(input_shape) - 2
        kernel, *_ = self.sizes = tuple(
            size if isinstance(size, tuple) else (size,) * places for size in self.sizes
        )
        inputs = input_shape[-1] // self.groups
        self.kernel = self.add_weight((*kernel, inputs, self.filters), name="kernel")
        if self.use_bias:
            self.bias = self.add_weight((self.filters,), name="bias")

    def call(self, x):
        _, _, dilation, _ = self.sizes
        pads = []
        for axis, (k, s, d, extra) in enumerate(zip(*self.sizes, strict=True), start=1):
            reach = (k - 1) * d
            x = spread(x, axis, s)
            pads.append((reach, reach + extra))
        x = ops.pad(x, ((0, 0), *pads, (0, 0)))
        y = ops.conv(x, self.kernel, dilation_rate=dilation)
        return y if self.bias is None else y + self.bias


def other_axes(kernel, axes):
    """The axes of a kernel beside these."""
    rank = len(kernel.shape)
    these = axes if isinstance(axes, tuple) else (axes,)
    return tuple(a for a in range(rank) if a not in {b % rank for b in these})


def with_kernel(layer, kernel, x):
    """What a layer makes of x with another kernel."""
    others = [(v, v.value) for v in layer.variables if v is not layer.kernel]
    with keras.StatelessScope([*others, (layer.kernel, kernel)]):
        return layer(x)


class WeightNorm(layers.Layer):
    """A layer whose kernel is scale * kernel / |kernel|, for each output.

    Salimans and Kingma 2016.
    """

    def __init__(self, layer, outputs=-1, **kwargs) -> None:
        super().__init__(**kwargs)
        self.layer, self.outputs = layer, outputs

    def build(self, input_shape) -> None:
        self.layer.build(input_shape)
        shape = list(self.layer.kernel.shape)
        self.axes = other_axes(self.layer.kernel, self.outputs)
        for axis in self.axes:
            shape[axis] = 1
        self.scale = self.add_weight(shape, initializer="ones", name="scale")

    def call(self, x):
        kernel = ops.cast(self.layer.kernel, self.variable_dtype)
        square = ops.sum(ops.square(kernel), axis=self.axes, keepdims=True)
        return with_kernel(self.layer, self.scale * kernel / ops.sqrt(square), x)


class SpectralNorm(layers.Layer):
    """A layer whose kernel is divided by its greatest singular value.

    Each step of training is one of the power iteration. Miyato et al. 2018.
    """

    def __init__(self, layer, outputs=-1, **kwargs) -> None:
        super().__init__(**kwargs)
        self.layer, self.outputs = layer, outputs

    def build(self, input_shape) -> None:
        self.layer.build(input_shape)
        kernel = self.layer.kernel
        self.axes = other_axes(kernel, self.outputs)
        u = [1 if a in self.axes else n for a, n in enumerate(kernel.shape)]
        v = [n if a in self.axes else 1 for a, n in enumerate(kernel.shape)]
        fixed = {"initializer": "ones", "trainable": False}
        self.u = self.add_weight(u, name="u", **fixed)
        self.v = self.add_weight(v, name="v", **fixed)

    def call(self, x, training=False):
        kernel = ops.cast(self.layer.kernel, self.variable_dtype)
        if training:
            now = ops.stop_gradient(kernel)
            self.u.assign(self.unit(now * self.v, self.axes))
            self.v.assign(self.unit(now * self.u, self.outputs))
        greatest = ops.sum(self.u * kernel * self.v)
        return with_kernel(self.layer, kernel / greatest, x)

    def unit(self, products, axis):
        """The sum over some axes, brought to length 1."""
        vector = ops.sum(products, axis=axis, keepdims=True)
        return vector / ops.maximum(ops.sqrt(ops.sum(ops.square(vector))), 1e-12)


class PaddedEmbedding(layers.Embedding):
    """The row `padding_id` gets no gradient."""

    def __init__(self, *args, padding_id: int, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        self.padding_id = padding_id

    def call(self, ids):
        rows = super().call(ids)
        padding = ops.equal(ids, self.padding_id)[..., None]
        return ops.where(padding, ops.stop_gradient(rows), rows)


def scan(step, sequences, states):
    """The outputs of a cell at each step: it gives those, then its next states.

    The first step stands before the loop: it makes the weights and shows the shapes.
    """
    made = step(*(s[:, 0] for s in sequences), *states)
    outputs = [y[:, None] for y in made[: -len(states)]]
    if sequences[0].shape[1] == 1:
        return tuple(outputs)

    def further(made, x):
        made = step(*x, *made[-len(states) :])
        return made, made

    later = tuple(ops.swapaxes(s[:, 1:], 0, 1) for s in sequences)
    _, steps = ops.scan(further, made, later)
    return tuple(
        ops.concatenate((y, ops.swapaxes(z, 0, 1)), axis=1)
        for y, z in zip(outputs, steps, strict=False)
    )


class EmbeddingBag(layers.Embedding):
    """The rows of each bag together."""

    def __init__(self, *args, mode: str = "mean", padding_id=None, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        self.mode, self.padding_id = mode, padding_id

    def call(self, ids, weight=None):
        rows = super().call(ids)
        if weight is not None:
            rows = rows * weight[..., None]
        if self.padding_id is None:
            return getattr(ops, self.mode)(rows, axis=-2)
        real = ops.not_equal(ids, self.padding_id)[..., None]
        counted = ops.cast(real, rows.dtype)
        if self.mode == "max":
            most = ops.max(ops.where(real, rows, float("-inf")), axis=-2)
            return ops.where(ops.max(counted, axis=-2) > 0, most, 0.0)
        total = ops.sum(rows * counted, axis=-2)
        if self.mode == "sum":
            return total
        return total / ops.maximum(ops.sum(counted, axis=-2), 1)


class ProjectedLSTMCell(layers.LSTMCell):
    """One whose h is projected onto fewer features than units."""

    def __init__(self, units: int, projection: int, **kwargs) -> None:
        super().__init__(units, **kwargs)
        self.projection = projection
        self.state_size, self.output_size = [projection, units], projection

    def build(self, shape) -> None:
        gates = 4 * self.units
        self.kernel = self.add_weight((shape[-1], gates), name="kernel")
        self.recurrent_kernel = self.add_weight(
            (self.projection, gates), name="recurrent_kernel"
        )
        self.projection_kernel = self.add_weight(
            (self.units, self.projection), name="projection_kernel"
        )
        self.bias = self.add_weight((gates,), name="bias") if self.use_bias else None

    def call(self, x, states, training=False):
        h, (_, c) = super().call(x, states, training=training)
        h = ops.matmul(h, self.projection_kernel)
        return h, [h, c]


class ProjectedLSTM(layers.RNN):
    """An LSTM whose h is projected onto fewer features than units."""

    def __init__(
        self, units: int, projection: int, use_bias: bool = True, **kwargs
    ) -> None:
        names = ("activation", "recurrent_activation", "recurrent_dropout")
        steps = {name: kwargs.pop(name) for name in names if name in kwargs}
        cell = ProjectedLSTMCell(units, projection, use_bias=use_bias, **steps)
        super().__init__(cell, **kwargs)


class Recurrent(layers.Layer):
    """Recurrent layers one behind the other, in one direction or two.

    `returns` names what it gives: `last`, `all`, `state`, or several of them; `merge`
    how the outputs of both directions go together: `concat`, `sum`, `mul`, `ave`, or
    not at all. States are [B, units], or [B, layers * directions, units] where there
    are several.
    """

    def __init__(
        self,
        kind,
        units: int,
        returns="last",
        count: int = 1,
        two_ways: bool = False,
        merge: str | None = "concat",
        use_bias: bool = True,
        dropout: float = 0.0,
        **kwargs,
    ) -> None:
        super().__init__(**kwargs)
        self.merge = merge
        arguments = {
            "use_bias": use_bias,
            "return_sequences": True,
            "return_state": True,
        }
        self.returns = (returns,) if isinstance(returns, str) else returns
        self.forwards = [kind(units, **arguments) for _ in range(count)]
        self.backwards = []
        if two_ways:
            arguments["go_backwards"] = True
            self.backwards = [kind(units, **arguments) for _ in range(count)]
        self.dropouts = [layers.Dropout(dropout) for _ in range(count - 1) if dropout]

    def call(self, x, h=None, c=None, mask=None):
        made = []  # the states of each layer and direction
        start = self.starts(x, h, c)
        for i, forward in enumerate(self.forwards):
            if i > 0 and self.dropouts:
                x = self.dropouts[i - 1](x)
            y, *state = forward(x, initial_state=next(start), mask=mask)
            made.append(state)
            last, steps = [state[0]], [y]
            if self.backwards:
                z, *state = self.backwards[i](x, initial_state=next(start), mask=mask)
                made.append(state)
                last.append(state[0])
                steps.append(ops.flip(z, axis=1))
            x = ops.concatenate(steps, axis=-1) if self.backwards else y
        single = len(made) == 1
        states = [
            s[0] if single else ops.stack(s, axis=1) for s in zip(*made, strict=True)
        ]
        given = {"last": self.merged(last), "all": self.merged(steps), "state": states}
        outputs = tuple(y for name in self.returns for y in given[name])
        return outputs if len(outputs) > 1 else outputs[0]

    def merged(self, ways):
        """The outputs of both directions together, or one after the other."""
        if len(ways) == 1 or self.merge is None:
            return ways
        if self.merge == "concat":
            return [ops.concatenate(ways, axis=-1)]
        forward, backward = ways
        if self.merge == "mul":
            return [forward * backward]
        both = forward + backward
        return [both if self.merge == "sum" else both / 2]

    def starts(self, x, h, c):
        """The first state of each layer and direction, in order."""
        cells = len(self.forwards) + len(self.backwards)
        for i in range(cells):
            zero = self.forwards[0].get_initial_state(ops.shape(x)[0])
            given = (h, c)[: len(zero)]
            yield [
                z if s is None else s if cells == 1 else s[:, i]
                for z, s in zip(zero, given, strict=True)
            ]


def in_heads(x, heads, groups=None):
    """[B, T, heads, features]; with groups, each of those stands for several heads."""
    parts = groups or heads
    x = ops.reshape(x, (*ops.shape(x)[:2], parts, x.shape[-1] // parts))
    return ops.repeat(x, heads // groups, axis=2) if groups else x


def attention(q, k, v, heads, kv_heads=None, scale=None, **options):
    """What each place of q reads of v, each head with its own part of the features."""
    q = in_heads(q, heads)
    k, v = (in_heads(z, heads, kv_heads) for z in (k, v))
    q = q * (q.shape[-1] ** -0.5 if scale is None else scale)  # the function rounds it
    x = ops.dot_product_attention(q, k, v, scale=1.0, **options)
    return ops.reshape(x, (*ops.shape(x)[:2], heads * v.shape[-1]))


def dropped_attention(
    q, k, v, heads, dropout, kv_heads=None, scale=None, bias=None, mask=None
):
    """The same, whose weights go through a layer that drops some of them."""
    q = in_heads(q, heads)
    k, v = (in_heads(z, heads, kv_heads) for z in (k, v))
    q = q * (q.shape[-1] ** -0.5 if scale is None else scale)
    scores = ops.einsum("bthd,bshd->bhts", q, k)
    if bias is not None:
        scores = scores + bias
    if mask is not None:
        scores = ops.where(mask, scores, ops.full_like(scores, -1e9))
    x = ops.einsum("bhts,bshd->bthd", dropout(ops.softmax(scores)), v)
    return ops.reshape(x, (*ops.shape(x)[:2], heads * v.shape[-1]))


def visible(x, causal=False, window=None):
    """Whether a place of a sequence, the row, reads another, the column."""
    place = ops.arange(ops.shape(x)[1], dtype="int32")
    behind = place[:, None] - place
    near = ops.abs(behind) < (ops.shape(x)[1] if window is None else window)
    return (near & (behind >= 0) if causal else near)[None, None]


def alibi(x, heads):
    """What each head takes from a score for the distance: [1, heads, T, T]."""
    whole = 2 ** int(math.log2(heads))
    slopes = [2 ** (-8 * (i + 1) / whole) for i in range(whole)]
    slopes += [2 ** (-4 * (2 * i + 1) / whole) for i in range(heads - whole)]
    place = ops.arange(ops.shape(x)[1], dtype="int32")
    distance = ops.cast(ops.abs(place[:, None] - place), x.dtype)
    return -distance * ops.reshape(ops.array(slopes, x.dtype), (1, heads, 1, 1))


def rotary(x, heads, theta=10000.0, features=None, interleaved=False, positions=None):
    """Pairs of features of each head, turned by angles that grow with the position."""
    shape, dtype = ops.shape(x), keras.config.floatx()
    x = ops.reshape(x, (*shape[:2], heads, x.shape[-1] // heads))
    n = x.shape[-1] if features is None else features
    if positions is None:
        positions = ops.arange(shape[1], dtype="int32")
    rate = ops.array([theta ** (-2 * i / n) for i in range(n // 2)], dtype)
    angle = ops.cast(positions, dtype)[..., None, None] * rate
    cos, sin = ops.cast(ops.cos(angle), x.dtype), ops.cast(ops.sin(angle), x.dtype)
    if interleaved:
        a, b = x[..., 0:n:2], x[..., 1:n:2]
        pairs = (a * cos - b * sin, a * sin + b * cos)
        turned = ops.reshape(ops.stack(pairs, axis=-1), (*shape[:2], heads, n))
    else:
        a, b = x[..., : n // 2], x[..., n // 2 : n]
        turned = ops.concatenate((a * cos - b * sin, a * sin + b * cos), axis=-1)
    return ops.reshape(ops.concatenate((turned, x[..., n:]), axis=-1), shape)


class MultiHeadAttention(layers.Layer):
    """Attention with a projection of each input and of what it gives."""

    def __init__(
        self,
        heads: int,
        features: int,
        units: int,
        value_features: int | None = None,
        kv_heads: int | None = None,
        gate: bool = False,
        use_bias: bool = True,
        out_bias: bool = True,
        dropout: float = 0.0,
        theta: float | None = None,
        **kwargs,
    ) -> None:
        super().__init__(**kwargs)
        self.heads, self.kv_heads, self.theta = heads, kv_heads, theta
        read, groups = value_features or features, kv_heads or heads
        self.query = layers.Dense(heads * features, use_bias=use_bias)
        self.key = layers.Dense(groups * features, use_bias=use_bias)
        self.value = layers.Dense(groups * read, use_bias=use_bias)
        self.gate = None
        if gate:
            self.gate = layers.Dense(heads * read, "sigmoid", use_bias=use_bias)
        self.dropout = None  # with it, the softmax is written out
        if dropout or read != features:
            self.dropout = layers.Dropout(dropout)
        self.out = layers.Dense(units, use_bias=out_bias)

    def call(
        self, q, k=None, v=None, scale=None, bias=None, mask=None, is_causal=False
    ):
        k = q if k is None else k
        opened = None if self.gate is None else self.gate(q)
        q, k, v = self.query(q), self.key(k), self.value(k if v is None else v)
        if self.theta is not None:
            q = rotary(q, self.heads, self.theta)
            k = rotary(k, self.kv_heads or self.heads, self.theta)
        options = {
            "kv_heads": self.kv_heads,
            "scale": scale,
            "bias": bias,
            "mask": mask,
        }
        if self.dropout is not None:
            read = dropped_attention(q, k, v, self.heads, self.dropout, **options)
        else:
            read = attention(q, k, v, self.heads, is_causal=is_causal, **options)
        return self.out(read if opened is None else read * opened)
