"""Regression: Regression on scikit-learn's diabetes data: the progression of the
disease after a year.

1,441 parameters.
"""

import keras
from keras import layers, ops


class Regression(keras.Model):
    """width=32."""

    def __init__(self) -> None:
        super().__init__()
        self.dense = layers.Dense(32)
        self.dense_2 = layers.Dense(32)
        self.dense_3 = layers.Dense(1)

    def call(self, measures):  # [B, 10] -> [B, 1]
        x = ops.silu(self.dense(measures))  # [B, 32]
        x = ops.silu(self.dense_2(x))
        return self.dense_3(x)
