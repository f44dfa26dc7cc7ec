"""Net."""

import keras
from keras import layers, ops


def swish(x, beta: float = 1.0):
    """x times a sigmoid."""
    return x * ops.sigmoid(beta * x)


def rescaled(x, s, value: int, power: int = 1, centred: bool = False):
    if centred:
        x = x - ops.mean(x, axis=(1, 2))[:, None, None]
    for _ in range(power):
        x = x * s[:, None, None]
    return x / value


def pieces_of(x, n: int):
    pieces = [x * i for i in range(1, n + 1)]
    total = sum(pieces[1:], pieces[0])
    last = pieces[-1] - x
    return total, last


def mixed(a, b, way: str = "sum"):
    return ops.maximum(a, b) if way == "max" else a + swish(b, beta=0.5)


def relu6ish(x):
    value = ops.relu(x)
    return -ops.relu(6 - value) + 6


def print_(torch_, len_: int = 3, self: int = 4):
    mask = torch_ * len_
    inputs = mask + self
    return ops.relu(inputs)


class Unit(layers.Layer):
    def __init__(self, beta: float, n: int) -> None:
        super().__init__()
        self.beta = beta
        self.dense = layers.Dense(n)
        self.dense_2 = layers.Dense(6)

    def call(self, x):
        return x + self.dense_2(swish(self.dense(x), beta=self.beta))


class Unit2(layers.Layer):
    def __init__(self, n: int, act: type[layers.Layer] = layers.ReLU) -> None:
        super().__init__()
        self.dense = layers.Dense(n)
        self.act = act()
        self.dense_2 = layers.Dense(6)

    def call(self, x):
        return x + self.dense_2(self.act(self.dense(x)))


class Tail(layers.Layer):
    def __init__(self) -> None:
        super().__init__()
        self.dense = layers.Dense(6)

    def call(self, x):
        return swish(self.dense(x))


class Net(keras.Model):
    """depth=2."""

    def __init__(self) -> None:
        super().__init__()
        self.conv2d = layers.Conv2D(6, 3)
        self.conv2d_2 = layers.Conv2D(6, 3, padding="same")
        self.unit = Unit(1.0, 4)
        self.unit_2 = Unit(2.0, 5)
        self.unit_3 = Unit2(3)
        self.tail = Tail()
        self.y = layers.Dense(3)

    def call(self, inputs):
        image, v = inputs["image"], inputs["v"]
        h = swish(self.conv2d(image))  # [B, 6, 4, 6]
        h = swish(self.conv2d_2(h), beta=0.3)
        s = swish(ops.mean(h, axis=(1, 2)), beta=1.5)  # [B, 6]
        # [B, 6, 4, 6]
        h = (
            rescaled(h, s, value=3)
            + rescaled(h, s, value=3, power=2)
            + rescaled(h, s, value=3, centred=True)
        )
        g = rescaled(image, s[:, :4], value=2, power=3)  # [B, 8, 6, 4]
        a, b = pieces_of(v, n=3)
        c, d = pieces_of(v, n=2)
        e = mixed(a, b) + mixed(c, d, way="max") + mixed(d, c, way="max")  # [B, 6]
        for i in range(2):
            e = relu6ish(mixed(e, e * i))
        e = self.unit(e)  # [B, 6]
        e = self.unit_2(e)
        e = self.unit_3(e)
        e = print_(self.tail(e), self=2)
        x = ops.concatenate(
            (
                ops.reshape(ops.transpose(h, (0, 3, 1, 2)), (-1, 144)),
                e,
                ops.reshape(ops.transpose(g, (0, 3, 1, 2)), (-1, 192)),
            ),
            axis=-1,
        )
        return self.y(x)
