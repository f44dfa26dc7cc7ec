"""Net."""

import keras
from keras import layers, ops


class Scaled(layers.Layer):
    def __init__(self, in_channels: int, c: int, start: int = 0) -> None:
        super().__init__()
        self.start = start
        self.shift = None
        if start > 0:
            self.shift = self.add_weight(shape=(in_channels, 8, 1), initializer="zeros")
            self.factors = ops.convert_to_tensor([0.5, 1.0, 2.0], self.compute_dtype)
        self.scale = self.add_weight(shape=(in_channels,), initializer="zeros")
        self.conv2d = layers.Conv2D(c, 1)

    def call(self, x):
        if self.shift is not None:
            x = x + ops.transpose(self.shift, (1, 2, 0)) * self.factors[self.start]
        return self.conv2d(x * self.scale[None, None])


class Tokens(layers.Layer):
    def __init__(self, h: int, w: int, in_features: int, dim: int) -> None:
        super().__init__()
        self.h = h
        self.w = w
        self.in_features = in_features
        self.t = layers.Dense(dim)
        self.cls = self.add_weight(shape=(1, dim), initializer="zeros")
        self.pos = self.add_weight(shape=(h * w + 1, dim), initializer="zeros")

    def call(self, x):
        t = self.t(ops.reshape(x, (-1, self.h * self.w, self.in_features)))
        return (
            ops.concatenate(
                (ops.repeat(self.cls[None], ops.shape(x)[0], axis=0), t), axis=1
            )
            + self.pos
        )


class Net(keras.Model):
    """dim=8."""

    def __init__(self) -> None:
        super().__init__()
        self.average = ops.convert_to_tensor([0.485, 0.456, 0.406], self.compute_dtype)
        self.scaled = Scaled(3, 4)
        self.scaled_2 = Scaled(4, 6, start=1)
        self.scaled_3 = Scaled(6, 5, start=2)
        self.t = Tokens(8, 6, 5, 8)
        self.gain = self.add_weight(shape=(), initializer="zeros")
        self.noise = self.add_weight(shape=(8,), initializer="zeros", trainable=False)
        self.y = layers.Dense(2)
        self.dense = layers.Dense(48)
        self.tokens = Tokens(4, 6, 2, 4)

    def call(self, image):
        x = ops.relu(self.scaled(image - self.average[None, None]))  # [B, 8, 6, 4]
        x = self.scaled_2(x)  # [B, 8, 6, 6]
        x = self.scaled_3(x)  # [B, 8, 6, 5]
        t = self.t(x)  # [B, 49, 8]
        y = self.y(t[:, 0] * self.gain + self.noise)  # [B, 2]
        p = ops.repeat(self.noise[None], ops.shape(image)[0], axis=0)  # [B, 8]
        # [B, 48]
        q = self.dense(ops.reshape(ops.transpose(x, (0, 3, 1, 2)), (-1, 240)))
        # [B, 25, 4]
        q = self.tokens(ops.transpose(ops.reshape(q, (-1, 2, 4, 6)), (0, 2, 3, 1)))
        return {"y": y, "p": p, "q": q}
