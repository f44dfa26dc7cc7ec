"""Net."""

import keras
from keras import layers, ops


class Inner(layers.Layer):
    def __init__(self, in_channels: int, c: int, e: int) -> None:
        super().__init__()
        self.conv2d = layers.Conv2D(c * e, 1)
        self.conv2d_2 = layers.Conv2D(in_channels, 3, padding="same")

    def call(self, x):
        return self.conv2d_2(ops.relu(self.conv2d(x)))


class Bend(layers.Layer):
    def __init__(self, in_channels: int, c: int, e: int = 2) -> None:
        super().__init__()
        self.inner = Inner(in_channels, c, e)

    def call(self, x):
        y = self.inner(x)
        return x + 0.5 * y


class Deep(layers.Layer):
    def __init__(self, c: int, depth: int) -> None:
        super().__init__()
        self.conv2d = layers.Conv2D(c, 3, padding="same")
        self.bends = [Bend(c, c) for _ in range(depth)]

    def call(self, x):
        x = self.conv2d(x)
        for bend in self.bends:
            x = bend(x)
        return x


class Two(layers.Layer):
    def __init__(self, a: int) -> None:
        super().__init__()
        self.dense = layers.Dense(a)
        self.dense_2 = layers.Dense(a)

    def call(self, x, t):
        return ops.tanh(self.dense(x) + self.dense_2(t))


class Mlp(layers.Layer):
    def __init__(self, sizes: list[int], drop: float = 0.0) -> None:
        super().__init__()
        self.denses = [layers.Dense(n) for n in sizes]
        self.dropouts = [layers.Dropout(drop) for _ in range(len(sizes))]

    def call(self, x):
        for dense, dropout in zip(self.denses, self.dropouts, strict=True):
            x = dropout(ops.relu(dense(x)))
        return x


class E(layers.Layer):
    def __init__(self) -> None:
        super().__init__()
        self.dense = layers.Dense(4)

    def call(self, x):
        return ops.sigmoid(self.dense(x))


class Net(keras.Model):
    """n=3."""

    def __init__(self) -> None:
        super().__init__()
        self.deep = Deep(8, 2)
        self.deep_2 = Deep(8, 3)
        self.deep_3 = Deep(4, 1)
        self.b = Two(6)
        self.two = Two(6)
        self.mlp = Mlp([8, 9])
        self.mlp_2 = Mlp([4, 5], drop=0.1)
        self.denses = [layers.Dense(units) for units in (5, 6, 11, 7, 11)]
        self.layer_norms = [layers.LayerNormalization(epsilon=1e-5) for _ in range(2)]
        self.shared = layers.Dense(7)
        self.e = [E() for _ in range(2)]
        self.one = layers.Dense(3)
        self.two_2 = layers.Dense(1)

    def call(self, inputs, training=None):
        image, t = inputs["image"], inputs["t"]
        a = self.deep(image)  # [B, 16, 12, 8]
        a = self.deep_2(a)
        a = ops.mean(self.deep_3(a), axis=(1, 2))  # [B, 4]
        b = self.b(a, t=t)  # [B, 6]
        c = self.mlp(self.two(b, t=t))  # [B, 9]
        c = self.mlp_2(c, training=training)  # [B, 5]
        denses = iter(self.denses)
        layer_norms = iter(self.layer_norms)
        for i in range(3):
            c = ops.relu(next(denses)(c))
            if i > 0:
                c = next(denses)(c)  # [B, 11]
                c = next(layer_norms)(c)
        d = self.shared(t) + self.shared(t)  # [B, 7]
        e = c
        for e_layer in self.e:
            e = e_layer(e)
        one = self.one(ops.concatenate((c, d), axis=-1))  # [B, 3]
        two = self.two_2(e)  # [B, 1]
        return {"one": one, "two": two}
