"""Net."""

from collections.abc import Callable
from functools import partial

import keras
from keras import layers, ops


class ConvAct(layers.Layer):
    def __init__(self, c: int, act: Callable[..., layers.Layer] = layers.ReLU) -> None:
        super().__init__()
        self.conv2d = layers.Conv2D(c, 3, padding="same")
        self.act = act()

    def call(self, x):
        return self.act(self.conv2d(x))


class Inner(layers.Layer):
    def __init__(self, c: int, e: int) -> None:
        super().__init__()
        self.conv2d = layers.Conv2D(c * e, 1)
        self.conv2d_2 = layers.Conv2D(8, 3, padding="same")

    def call(self, x):
        return self.conv2d_2(ops.relu(self.conv2d(x)))


class Bend(layers.Layer):
    def __init__(self, c: int, e: int = 2) -> None:
        super().__init__()
        self.inner = Inner(c, e)

    def call(self, x):
        y = self.inner(x)
        return x + 0.5 * y


class Net(keras.Model):
    """ch=4, mult=[1, 2, 2], repeats=2."""

    def __init__(self) -> None:
        super().__init__()
        self.conv2d = layers.Conv2D(4, 3, padding="same")
        self.conv_acts = [ConvAct(c) for c in (4, 4, 8, 8, 8, 8)]
        self.conv2ds = [
            layers.Conv2D(channels, 3, padding="same") for channels in (4, 8)
        ]
        self.bend = Bend(8)
        self.conv_acts_2 = [
            ConvAct(c, act=partial(layers.Activation, "tanh"))
            for c in (8, 8, 8, 8, 8, 8, 4, 4, 4)
        ]
        self.conv2ds_2 = [layers.Conv2D(8, 3, padding="same") for _ in range(2)]
        self.noise = layers.Conv2D(3, 3, padding="same")

    def call(self, image):  # [B, 8, 6, 3] -> [B, 3, 8, 6]
        x = self.conv2d(image)  # [B, 8, 6, 4]
        skips = [x]
        conv_acts = iter(self.conv_acts)
        conv2ds = iter(self.conv2ds)
        for level in range(3):
            for _ in range(2):
                x = next(conv_acts)(x)
                skips.append(x)
            if level < 2:
                x = next(conv2ds)(x)
                skips.append(x)
        x = self.bend(x)  # [B, 8, 6, 8]
        conv_acts_2 = iter(self.conv_acts_2)
        conv2ds_2 = iter(self.conv2ds_2)
        for level in (2, 1, 0):
            for _ in range(3):
                x = next(conv_acts_2)(ops.concatenate((x, skips.pop()), axis=-1))
            if level > 0:
                x = next(conv2ds_2)(x)  # [B, 8, 6, 8]
        return ops.transpose(self.noise(x), (0, 3, 1, 2))
