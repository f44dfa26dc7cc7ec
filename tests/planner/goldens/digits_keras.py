"""DigitsCNN."""

import keras
from keras import layers, ops


class DigitsCNN(keras.Model):
    """width=32, classes=10."""

    def __init__(self) -> None:
        super().__init__()
        self.conv2d = layers.Conv2D(32, 3, padding="same", use_bias=False)
        self.batch_norm = layers.BatchNormalization(momentum=0.9, epsilon=1e-5)
        self.conv2d_2 = layers.Conv2D(64, 3, padding="same", use_bias=False)
        self.batch_norm_2 = layers.BatchNormalization(momentum=0.9, epsilon=1e-5)
        self.dropout = layers.Dropout(0.2)
        self.logits = layers.Dense(10)

    def call(self, image, training=None):  # [B, 8, 8, 1] -> [B, 10]
        # [B, 8, 8, 32]
        features = self.batch_norm(self.conv2d(image), training=training)
        # [B, 4, 4, 64]
        features = self.conv2d_2(ops.max_pool(ops.relu(features), 2, strides=2))
        features = ops.relu(self.batch_norm_2(features, training=training))
        features = ops.mean(features, axis=(1, 2))  # [B, 64]
        return self.logits(self.dropout(features, training=training))
