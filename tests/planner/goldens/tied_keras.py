"""Net."""

import keras
from keras import layers, ops


class Auto(layers.Layer):
    def __init__(self, d: int) -> None:
        super().__init__()
        self.code = layers.Dense(d)

    def call(self, x):
        return ops.matmul(ops.tanh(self.code(x)), ops.transpose(self.code.kernel))


class Net(keras.Model):
    """vocab=50, dim=8."""

    def __init__(self) -> None:
        super().__init__()
        self.words = layers.Embedding(50, 8)
        self.dense = layers.Dense(8)
        self.layer_norm = layers.LayerNormalization(epsilon=1e-5)
        self.auto = Auto(3)
        self.auto_2 = Auto(4)

    def call(self, tokens):
        x = self.words(tokens)  # [B, 7, 8]
        x = self.layer_norm(ops.gelu(self.dense(x), approximate=False))
        logits = ops.matmul(x, ops.transpose(self.words.embeddings))  # [B, 7, 50]
        code = self.auto(x[:, -1])  # [B, 8]
        code = self.auto_2(code)
        return {"logits": logits, "code": code}
