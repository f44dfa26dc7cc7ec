"""Lengths."""

import keras
from keras import layers, ops


class Heads(layers.Layer):
    def __init__(self, in_features: int, size_2: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.in_features = in_features
        self.size_2 = size_2
        self.dense = layers.Dense(in_features)

    def call(self, x):
        h = ops.reshape(
            x, (ops.shape(x)[0], -1, self.heads, self.in_features // self.heads)
        )
        x = ops.tanh(self.dense(x))
        output = x + ops.reshape(
            h, (ops.shape(h)[0], -1, self.heads * (self.in_features // self.heads))
        )
        output_2 = ops.transpose(h, (0, 2, 1, 3))
        output_2 = ops.reshape(
            output_2, (ops.shape(output_2)[0], self.heads * 2, -1, self.size_2)
        )
        return output, output_2


class Lengths(keras.Model):
    """dim=8, T <= 12, S <= 9."""

    def __init__(self) -> None:
        super().__init__()
        self.embedding = layers.Embedding(9, 8)
        self.embedding_2 = layers.Embedding(12, 8)
        self.heads = Heads(8, 2, 2)
        self.conv1d = layers.Conv1D(8, 3, strides=2)
        self.heads_2 = Heads(8, 1, 4)
        self.both = layers.Dense(3)

    def call(self, inputs):
        tokens, sound, table = inputs["tokens"], inputs["sound"], inputs["table"]
        # [B, T, 8]
        x = self.embedding(tokens) + self.embedding_2(
            ops.arange(ops.shape(tokens)[1], dtype="int32")
        )
        x, parts = self.heads(x + table[:, : ops.shape(tokens)[1]])
        # [B, (S + 1) // 2, 8]
        s = ops.relu(self.conv1d(ops.pad(sound, ((0, 0), (1, 1), (0, 0)))))
        s, _ = self.heads_2(s)
        # [B, 3]
        both = self.both(ops.concatenate((ops.mean(x, axis=1), s[:, -1]), axis=-1))
        grouped = ops.reshape(x, (ops.shape(x)[0], -1, 4, 2))
        grouped = ops.transpose(grouped, (0, 3, 2, 1))  # [B, 2, 4, T]
        shifted = x[:, 1:] * x[:, :-1]  # [B, T - 1, 8]
        return {"both": both, "grouped": grouped, "shifted": shifted, "parts": parts}
