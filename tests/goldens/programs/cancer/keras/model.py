"""MLP: A perceptron with two hidden layers on scikit-learn's breast cancer data.

1,537 parameters.
"""

import keras
from keras import layers, ops


class MLP(keras.Model):
    """hidden=[32, 16], dropout=0.1."""

    def __init__(self) -> None:
        super().__init__()
        self.denses = [layers.Dense(width) for width in (32, 16)]
        self.dropouts = [layers.Dropout(0.1) for _ in range(2)]
        self.logit = layers.Dense(1)

    def call(self, features, training=None):  # [B, 30] -> [B, 1]
        x = features
        for dense, dropout in zip(self.denses, self.dropouts, strict=True):
            x = dropout(ops.relu(dense(x)), training=training)
        return self.logit(x)
