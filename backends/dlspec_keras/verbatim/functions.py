"""Functions that Keras lacks or has otherwise: a `model.py` holds those it needs."""

import keras
import tensorflow as tf
from keras import ops


def gradient(function, x):
    """How the sum of a function of x changes with x."""
    return gradient_with_aux(lambda x: (function(x), None), x)[0]


def gradient_with_aux(function, x):
    """How the sum of a function's first result changes with x, in a form that can be
    differentiated again; and its second result."""
    if keras.backend.backend() != "jax":
        y, aux = function(x)
        return tf.gradients(y, x)[0], aux
    import jax

    def total(x):
        with keras.StatelessScope() as scope:  # variables move below, and not twice
            if scope.original_scope is not None:
                scope.state_mapping |= scope.original_scope.state_mapping
            return ops.sum(function(x)[0])

    change = jax.grad(total)(x)
    return change, function(x)[1]


def as_float(x):
    """In the type that layers compute in: bfloat16 where they do."""
    return ops.cast(x, keras.config.dtype_policy().compute_dtype)


def tan(x):
    """The tangent, of which TFLite has none."""
    return ops.sin(x) / ops.cos(x)


def asin(x):
    """The angle of a sine: of those of TFLite, atan2 alone gives angles."""
    return ops.arctan2(x, ops.sqrt((1 - x) * (1 + x)))


def acos(x):
    """The angle of a cosine: of those of TFLite, atan2 alone gives angles."""
    return ops.arctan2(ops.sqrt((1 - x) * (1 + x)), x)


def atan(x):
    """The angle of a tangent: of those of TFLite, atan2 alone gives angles."""
    return ops.arctan2(x, ops.ones_like(x))


def sinh(x):
    """The hyperbolic sine, of which TFLite has none."""
    return (ops.expm1(x) - ops.expm1(-x)) / 2


def cosh(x):
    """The hyperbolic cosine, of which TFLite has none."""
    return (ops.exp(x) + ops.exp(-x)) / 2


def atanh(x):
    """The inverse of tanh, of which TFLite has none."""
    return (ops.log1p(x) - ops.log1p(-x)) / 2


def atan2(y, x):
    """The angle of each point (x, y), whose operands TFLite wants in one shape."""
    return ops.arctan2(y + ops.zeros_like(x), x + ops.zeros_like(y))


def sinusoid(x, units):
    """Sines and cosines of each number, at frequencies from 1 to 1 / 10000."""
    places = ops.linspace(0.0, 1.0, units // 2, dtype=keras.config.floatx())
    angle = ops.cast(x, places.dtype)[..., None] * ops.power(10000.0, -places)
    waves = ops.concatenate((ops.sin(angle), ops.cos(angle)), axis=-1)
    return ops.cast(waves, keras.config.dtype_policy().compute_dtype)


def mixture(made, index, gate):
    """What experts made of tokens, weighted by the gates where a token chose them."""
    chosen = ops.one_hot(index, len(made), dtype=gate.dtype)
    share = ops.moveaxis(ops.sum(chosen * gate[..., None], axis=-2), -1, 0)
    for _ in range(len(made[0].shape) + 1 - len(share.shape)):
        share = share[..., None]
    return ops.sum(ops.stack(made) * share, axis=0)


def pad(x, before, after, axis, mode):
    """More places at the ends of an axis: its edge, or what stands at the other end."""
    size = x.shape[axis]
    places = range(-before, size + after)
    inner = [min(max(i, 0), size - 1) if mode == "edge" else i % size for i in places]
    return ops.take(x, inner, axis=axis)


def sequence_mask(x, lengths, axis=1):
    """True at the real places of an axis of a batch, false at those that pad it."""
    size = ops.shape(x)[axis]
    places = ops.arange(size, dtype="int32")
    shape = [1] * len(x.shape)
    shape[0], shape[axis] = -1, size
    return ops.reshape(places < ops.cast(lengths, "int32")[:, None], shape)


def padded_steps(layer, x, lengths, **states):
    """What a recurrent layer gives for rows that are padded: it ends where each does.

    The mask ends here; Keras would hand it on to layers that know of none.
    """
    made = layer(x, mask=sequence_mask(x, lengths)[..., 0], **states)
    return keras.tree.map_structure(ops.copy, made)


def masked_norm(layer, x, real, axis=-1):
    """What a BatchNormalization gives whose statistics are those of the real places.

    The mask ends here; Keras would hand it on to layers that know of none.
    """
    x, real = ops.moveaxis(x, axis, -1), ops.moveaxis(real, axis, -1)
    return ops.moveaxis(ops.copy(layer(x, mask=real[..., 0])), -1, axis)


def moments(x, axes, mask=None):
    """Mean and variance over some axes, and of how many numbers; a mask says which."""
    if mask is None:
        sizes, count = ops.shape(x), 1
        for axis in axes:
            count = count * sizes[axis]
        return *ops.moments(x, axes, keepdims=True), ops.cast(count, x.dtype)
    real = mask[..., None]
    count = ops.sum(ops.where(real, ops.ones_like(x), 0), axes, True)
    mean = ops.sum(ops.where(real, x, 0), axes, True) / count
    far = ops.where(real, x - mean, 0)
    return mean, ops.sum(ops.square(far), axes, True) / count, count


def masked_group_norm(layer, x, real, axis=-1):
    """What a GroupNormalization gives of the real places."""
    if not layer.built:
        layer.build(x.shape)
    x, real = ops.moveaxis(x, axis, -1), ops.moveaxis(real, axis, -1)
    channels, places = x.shape[-1], range(1, len(x.shape) - 1)
    groups = channels if layer.groups == -1 else layer.groups

    def total(values):
        """The sum over the real places of each group, for each channel."""
        sums = ops.sum(ops.where(real, values, 0), tuple(places))
        sums = ops.sum(ops.reshape(sums, (-1, groups, channels // groups)), -1)
        sums = ops.repeat(sums, channels // groups, axis=-1)
        return ops.reshape(sums, (-1, *(1 for _ in places), channels))

    count = total(ops.ones_like(x))
    x = x - total(x) / count
    x = x * ops.rsqrt(total(ops.square(x)) / count + layer.epsilon)
    x = x if layer.gamma is None else x * layer.gamma
    x = x if layer.beta is None else x + layer.beta
    return ops.moveaxis(x, -1, axis)


def masked_var(x, real, axis, correction=0, keepdims=False):
    """The variance over some axes of the real places alone."""
    count = ops.where(real, ops.ones_like(x), 0)
    mean = ops.sum(ops.where(real, x, 0), axis, True) / ops.sum(count, axis, True)
    far = ops.sum(ops.square(ops.where(real, x - mean, 0)), axis, keepdims)
    return far / (ops.sum(count, axis, keepdims) - correction)


def mask_padding(x, lengths, value, axis=1):
    """A batch with one number at the places that pad an axis."""
    number = ops.convert_to_tensor(value, x.dtype)
    return ops.where(sequence_mask(x, lengths, axis), x, number)


def ctc_loss(logits, text, blank, frames=None, labels=None, zero_infinity=False):
    """CTC of each example; `frames` and `labels` are the lengths of padded rows.

    A text that has no place in its frames is infinitely bad, or counts as 0.
    """
    size = ops.ones_like(text[:, 0], "int32")
    frames = size * ops.shape(logits)[1] if frames is None else frames
    labels = size * ops.shape(text)[1] if labels is None else labels
    frames, labels = ops.cast(frames, "int32"), ops.cast(labels, "int32")
    loss = ops.ctc_loss(text, logits, labels, frames, mask_index=blank)
    twice = text[:, 1:] == text[:, :-1]  # with a blank between
    real = ops.arange(1, ops.shape(text)[1], dtype="int32") < labels[:, None]
    more = ops.sum(ops.cast(ops.logical_and(twice, real), "int32"), axis=1)
    other = 0.0 if zero_infinity else float("inf")
    return ops.where(labels + more <= frames, loss, ops.cast(other, loss.dtype))


def segment(reduce, x, index, count):
    """The places of axis 1 that have one index in one place, as Keras reduces them."""
    batch = ops.shape(x)[0]
    first = ops.arange(batch, dtype="int32")[:, None] * count
    places = ops.reshape(ops.cast(index, "int32") + first, (-1,))
    made = reduce(
        ops.reshape(x, (-1, *x.shape[2:])), places, num_segments=batch * count
    )
    return ops.reshape(made, (-1, count, *x.shape[2:]))


def segment_sum(x, index, count):
    return segment(ops.segment_sum, x, index, count)


def segment_mean(x, index, count):
    number = segment(ops.segment_sum, ops.ones_like(x), index, count)
    return segment(ops.segment_sum, x, index, count) / ops.maximum(number, 1)


def segment_max(x, index, count):
    """The greatest; 0 where no place has the index."""
    number = segment(ops.segment_sum, ops.ones_like(x), index, count)
    return ops.where(number > 0, segment(ops.segment_max, x, index, count), 0)


def argmax(x, axis=-1, keepdims=False):
    """The place of the greatest, by an operator that TFLite has."""
    place = ops.top_k(ops.moveaxis(x, axis, -1), 1)[1]
    return ops.moveaxis(place, -1, axis) if keepdims else place[..., 0]


def topk(x, k, axis):
    """The k greatest on an axis, and their places."""
    values, places = ops.top_k(ops.moveaxis(x, axis, -1), k)
    return ops.moveaxis(values, -1, axis), ops.moveaxis(places, -1, axis)


def cumprod(x, axis):
    """The product of all places up to each, in steps that TFLite has."""
    size, step = x.shape[axis], 1
    while step < size:
        ones = ops.ones_like(ops.take(x, range(step), axis=axis))
        before = ops.take(x, range(size - step), axis=axis)
        x = x * ops.concatenate((ones, before), axis=axis)
        step *= 2
    return x


def unbiased(x, axis):
    """What makes a mean over n places of these axes one that divides by n - 1."""
    sizes, n = ops.shape(x), 1
    for a in axis if isinstance(axis, tuple) else (axis,):
        n = n * sizes[a]
    n = ops.cast(n, x.dtype)
    return n / (n - 1)


def tril(x, offset=0):
    """0 above a diagonal of the last two axes."""
    rows = ops.arange(ops.shape(x)[-2])[:, None]
    kept = ops.arange(ops.shape(x)[-1]) - rows <= offset
    return ops.where(kept, x, ops.zeros_like(x))


def triu(x, offset=0):
    """0 below a diagonal of the last two axes."""
    rows = ops.arange(ops.shape(x)[-2])[:, None]
    kept = ops.arange(ops.shape(x)[-1]) - rows >= offset
    return ops.where(kept, x, ops.zeros_like(x))


def vector_norm(x, axis, keepdims=False):
    """The root of the sum of squares; its gradient at 0 is 0."""
    square = ops.sum(ops.square(x), axis=axis, keepdims=keepdims)
    positive = square > 0
    return ops.where(positive, ops.sqrt(ops.where(positive, square, 1)), 0)


def p_norm(x, p, axis, keepdims=False):
    """The root of the sum of powers; its gradient at 0 is 0."""
    power = ops.sum(ops.abs(x) ** p, axis=axis, keepdims=keepdims)
    positive = power > 0
    return ops.where(positive, ops.where(positive, power, 1) ** (1 / p), 0)


def softplus(x, beta=1.0, threshold=20.0):
    """A smooth ReLU, and x itself where it is large: there TFLite's own overflows."""
    return ops.where(beta * x > threshold, x, ops.softplus(beta * x) / beta)


def log_sigmoid(x):
    """The logarithm of the Sigmoid, and x itself where it is far below 0."""
    return ops.where(x < -20, x, ops.log_sigmoid(x))


def sparsemax(x, axis):
    """The numbers that add to 1 along an axis and are closest to x; many are 0.

    Those of Keras's own do not add to 1 where several are above 0.
    """
    ranked = ops.flip(ops.sort(x, axis=axis), axis=axis)
    rank = ops.cumsum(ops.ones_like(x), axis=axis)
    inside = ops.cast(rank * ranked > ops.cumsum(ranked, axis=axis) - 1, x.dtype)
    excess = ops.sum(inside * ranked, axis=axis, keepdims=True) - 1
    return ops.relu(x - excess / ops.sum(inside, axis=axis, keepdims=True))


def maxout(x, pieces, axis):
    """The greatest of each group of neighbours on an axis."""
    shape = list(x.shape)
    shape[axis : axis + 1] = [x.shape[axis] // pieces, pieces]
    return ops.max(ops.reshape(x, [-1, *shape[1:]]), axis=axis + 1)
