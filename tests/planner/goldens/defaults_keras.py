"""Defaults."""

from collections.abc import Callable
from functools import partial

import keras
from keras import layers, ops


def vector_norm(x, axis, keepdims=False):
    """The root of the sum of squares; its gradient at 0 is 0."""
    square = ops.sum(ops.square(x), axis=axis, keepdims=keepdims)
    positive = square > 0
    return ops.where(positive, ops.sqrt(ops.where(positive, square, 1)), 0)


class Placed(layers.Layer):
    def __init__(self, places: int) -> None:
        super().__init__()
        self.embedding = layers.Embedding(places, 12)

    def call(self, x):
        return x + self.embedding(ops.arange(6, dtype="int32"))


class Scales(layers.Layer):
    def __init__(
        self,
        width: int,
        kernels: list[int],
        norm: Callable[..., layers.Layer],
        act: Callable[..., layers.Layer] = lambda: layers.Activation(
            partial(ops.gelu, approximate=True)
        ),
    ) -> None:
        super().__init__()
        self.norm = norm()
        self.parts = [layers.Conv1D(width, k, padding="same") for k in kernels]
        self.norm_2 = norm()
        self.act = act()

    def call(self, x):
        c = self.norm(x)
        parts = [part(c) for part in self.parts]
        return self.act(self.norm_2(ops.concatenate(parts, axis=-1)))


class Defaults(keras.Model):
    def __init__(self) -> None:
        super().__init__()
        self.placed = Placed(12)
        self.scales = Scales(
            6, [1, 3], partial(layers.LayerNormalization, epsilon=1e-5)
        )
        self.scales_2 = Scales(
            4, [1, 3, 5], partial(layers.LayerNormalization, epsilon=1e-5)
        )
        self.scales_3 = Scales(
            6,
            [1, 3],
            partial(layers.LayerNormalization, epsilon=1e-5),
            act=partial(layers.LeakyReLU, negative_slope=0.2),
        )

    def call(self, x):  # [B, 6, 12] -> [B, 6, 12]
        h = self.placed(x)
        h = self.scales(h)
        h = self.scales_2(h)
        h = self.scales_3(h)
        return h / vector_norm(h, axis=(1, 2))[:, None, None]
