"""Networks: A generator of handwritten digits and the critic that teaches it: WGAN-GP,
Gulrajani et al. 2017.

7,762 parameters. Channels come last in D_image.
"""

import keras
from keras import layers, ops


class Generator(layers.Layer):
    def __init__(self) -> None:
        super().__init__()
        self.dense = layers.Dense(64, use_bias=False)
        self.batch_norm = layers.BatchNormalization(momentum=0.9, epsilon=1e-5)
        self.conv_transpose2d = layers.Conv2DTranspose(
            8, 4, strides=2, padding="same", use_bias=False
        )
        self.batch_norm_2 = layers.BatchNormalization(momentum=0.9, epsilon=1e-5)
        self.conv_transpose2d_2 = layers.Conv2DTranspose(
            1, 4, strides=2, padding="same"
        )

    def call(self, code, training=None):  # [B, 8] -> [B, 1, 8, 8]
        x = ops.relu(self.batch_norm(self.dense(code), training=training))  # [B, 64]
        # [B, 4, 4, 8]
        x = self.conv_transpose2d(
            ops.transpose(ops.reshape(x, (-1, 16, 2, 2)), (0, 2, 3, 1))
        )
        # [B, 8, 8, 1]
        x = self.conv_transpose2d_2(ops.relu(self.batch_norm_2(x, training=training)))
        return ops.reshape(ops.tanh(x), (-1, 1, 8, 8))


class Critic(layers.Layer):
    def __init__(self) -> None:
        super().__init__()
        self.conv2d = layers.Conv2D(16, 3, strides=2)
        self.conv2d_2 = layers.Conv2D(32, 3, strides=2)
        self.dense = layers.Dense(1)

    def call(self, image):  # [B, 8, 8, 1] -> [B, 1]
        # [B, 4, 4, 16]
        x = self.conv2d(ops.pad(image, ((0, 0), (1, 1), (1, 1), (0, 0))))
        x = ops.pad(ops.leaky_relu(x), ((0, 0), (1, 1), (1, 1), (0, 0)))
        # [B, 32, 2, 2]
        x = ops.transpose(ops.leaky_relu(self.conv2d_2(x)), (0, 3, 1, 2))
        return self.dense(ops.reshape(x, (-1, 128)))


class Networks(keras.Model):
    def __init__(self) -> None:
        super().__init__()
        self.G = Generator()
        self.D = Critic()

    def call(self, inputs, training=None):
        G_code, D_image = inputs["G_code"], inputs["D_image"]
        G_image = self.G(G_code, training=training)  # [B, 1, 8, 8]
        D_score = self.D(D_image)  # [B, 1]
        return {"G_image": G_image, "D_score": D_score}
