"""Reader: Handwritten digits, read row by row by an LSTM (19,338 parameters)."""

import keras
from keras import layers, ops


class Reader(keras.Model):
    """units=64, classes=10."""

    def __init__(self) -> None:
        super().__init__()
        self.lstm = layers.LSTM(64)
        self.dropout = layers.Dropout(0.1)
        self.dense = layers.Dense(10)

    def call(self, image, training=None):  # [B, 1, 8, 8] -> [B, 10]
        rows = ops.reshape(image, (-1, 8, 8))  # [B, 8, 8]
        rows = self.dropout(self.lstm(rows), training=training)  # [B, 64]
        return self.dense(rows)
