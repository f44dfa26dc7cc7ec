"""What the steps of `train` minimise on a batch."""

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


def vector_norm(x, axis, keepdims=False):
    """The root of the sum of squares; its gradient at 0 is 0."""
    square = ops.sum(ops.square(x), axis=axis, keepdims=keepdims)
    positive = square > 0
    return ops.where(positive, ops.sqrt(ops.where(positive, square, 1)), 0)


def critic(G, D, image, seed):
    fake = G(keras.random.normal((ops.shape(image)[0], 8), seed=seed))
    fake = ops.stop_gradient(fake)
    e = keras.random.uniform((ops.shape(image)[0],), seed=seed)
    mixed = e[:, None, None, None] * image + (1 - e)[:, None, None, None] * fake
    slope = gradient(lambda mixed: D(ops.reshape(mixed, (-1, 8, 8, 1))), mixed)
    slope = vector_norm(slope, axis=(1, 2, 3))
    return ops.mean(
        D(ops.reshape(fake, (-1, 8, 8, 1)))
        - D(ops.reshape(image, (-1, 8, 8, 1)))
        + (10 * (slope - 1) ** 2)[:, None]
    )


def generator(G, D, image, seed):
    x = ops.reshape(
        G(keras.random.normal((ops.shape(image)[0], 8), seed=seed)), (-1, 8, 8, 1)
    )
    return ops.mean(-D(x))
