"""Reader: Handwritten digits, read row by row by a GRU in both directions.

8,714 parameters.
"""

import keras
from keras import layers, ops


class Reader(keras.Model):
    """units=64, classes=10."""

    def __init__(self) -> None:
        super().__init__()
        self.bi_gru = layers.Bidirectional(layers.GRU(32))
        self.dropout = layers.Dropout(0.1)
        self.dense = layers.Dense(10)

    def call(self, image, training=None):  # [B, 1, 8, 8] -> [B, 10]
        rows = ops.reshape(image, (-1, 8, 8))  # [B, 8, 8]
        rows = self.dropout(self.bi_gru(rows), training=training)  # [B, 64]
        return self.dense(rows)
