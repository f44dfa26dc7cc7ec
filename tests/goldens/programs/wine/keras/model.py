"""Wine: Italian wines from a CSV file: two inputs, each with a branch of its own (UCI
Wine, Forina et al. 1988).

547 parameters.
"""

import keras
from keras import layers, ops


class Wine(keras.Model):
    """width=16."""

    def __init__(self) -> None:
        super().__init__()
        self.a = layers.Dense(16)
        self.b = layers.Dense(32)
        self.dropout = layers.Dropout(0.1)
        self.logits = layers.Dense(3)

    def call(self, inputs, training=None):
        phenols, rest = inputs["phenols"], inputs["rest"]
        a = ops.relu(self.a(phenols))  # [B, 16]
        b = ops.relu(self.b(rest))  # [B, 32]
        x = self.dropout(ops.concatenate((a, b), axis=-1), training=training)  # [B, 48]
        return self.logits(x)
