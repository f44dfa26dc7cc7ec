"""Recurrences."""

import keras
from keras import layers, ops


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


def as_float(x):
    """In the type that layers compute in: bfloat16 where they do."""
    return ops.cast(x, keras.config.dtype_policy().compute_dtype)


def maxout(x, pieces, axis):
    """The greatest of each group of neighbours on an axis."""
    shape = list(x.shape)
    shape[axis : axis + 1] = [x.shape[axis] // pieces, pieces]
    return ops.max(ops.reshape(x, [-1, *shape[1:]]), axis=axis + 1)


class Gated(layers.Layer):
    def __init__(self, dim: int, align: int) -> None:
        super().__init__()
        self.dense = layers.Dense(align, use_bias=False)
        self.dense_2 = layers.Dense(1, use_bias=False)
        self.new = layers.Dense(dim)
        self.dense_3 = layers.Dense(4)

    def call(self, y, memory, keys, h):
        e = self.dense_2(ops.tanh(keys + self.dense(h)[:, None]))
        c = ops.sum(ops.softmax(e, axis=1) * memory, axis=1)
        new = ops.tanh(self.new(ops.concatenate((y, h, c), axis=-1)))
        next_h = 0.5 * (h + new)
        output = maxout(self.dense_3(ops.concatenate((h, y, c), axis=-1)), 2, 1)
        return output, next_h


class Cell(layers.Layer):
    def __init__(self, dim: int) -> None:
        super().__init__()
        self.u = layers.Dense(dim)
        self.new = layers.Dense(dim)

    def call(self, x, h):
        u = ops.sigmoid(self.u(ops.concatenate((x, h), axis=-1)))
        new = u * h + (1 - u) * ops.tanh(self.new(ops.concatenate((x, h), axis=-1)))
        return new, new


class Reader(layers.Layer):
    def __init__(self, dim: int) -> None:
        super().__init__()
        self.cell = Cell(dim)

    def call(self, x, start):
        return scan(self.cell, (x,), (start,))[0]


class Paired(layers.Layer):
    def __init__(self, dim: int) -> None:
        super().__init__()
        self.dim = dim
        self.dense = layers.Dense(2 * dim)

    def call(self, a, b, count, c):
        seen = count + 1
        next_count = seen
        seen = seen * 2
        next_c = (
            c * 0.5
            + ops.reshape(self.dense(a), (-1, self.dim, 2)) / seen[:, None, None]
        )
        output = ops.sum(c, axis=-1) + ops.sum(b, axis=-1)[:, None]
        output_2 = b * count[:, None]
        return output, output_2, next_count, next_c


class Recurrences(keras.Model):
    """dim=5."""

    def __init__(self) -> None:
        super().__init__()
        self.k = layers.Dense(2)
        self.gated = Gated(5, 2)
        self.read = Reader(5)
        self.paired = Paired(4)
        self.deep = [Cell(5) for _ in range(2)]
        self.own = Cell(3)

    def call(self, inputs):
        x, z, m = inputs["x"], inputs["z"], inputs["m"]
        k = self.k(m)  # [B, 3, 2]
        # [B, 7, 2]
        gated = scan(lambda y, h: self.gated(y, memory=m, keys=k, h=h), (x,), (z,))[0]
        read = self.read(x, start=z)  # [B, 7, 5]
        p, q = scan(
            self.paired,
            (x, x[:, :, :3]),
            (
                as_float(ops.full((ops.shape(x)[0],), 1.0)),
                as_float(ops.full((ops.shape(x)[0], 4, 2), 0.5)),
            ),
        )
        deep = x
        for deep_layer in self.deep:
            deep = scan(
                deep_layer, (deep,), (as_float(ops.zeros((ops.shape(deep)[0], 5))),)
            )[0]
        h = x * 2
        # [B, 7, 3]
        shared = (
            scan(self.own, (x,), (as_float(ops.zeros((ops.shape(x)[0], 3))),))[0]
            + scan(self.own, (h,), (as_float(ops.zeros((ops.shape(h)[0], 3))),))[0]
        )
        return {
            "gated": gated,
            "read": read,
            "p": p,
            "q": q,
            "deep": deep,
            "shared": shared,
        }
