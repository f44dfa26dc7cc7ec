"""VAE: A variational autoencoder of handwritten digits, Kingma and Welling 2014.

19,792 parameters.
"""

import keras
from keras import layers, ops


class VAE(keras.Model):
    """latent=8, hidden=128."""

    def __init__(self) -> None:
        super().__init__()
        self.seed_generator = keras.random.SeedGenerator()
        self.h = layers.Dense(128)
        self.mu = layers.Dense(8)
        self.logvar = layers.Dense(8)
        self.dense = layers.Dense(128)
        self.dense_2 = layers.Dense(64)

    def call(self, image, training=None):
        h = ops.relu(self.h(ops.reshape(image, (-1, 64))))  # [B, 128]
        mu = self.mu(h)  # [B, 8]
        logvar = self.logvar(h)
        z = (
            mu
            + ops.exp(0.5 * logvar)
            * keras.random.normal(
                ops.shape(mu), dtype=mu.dtype, seed=self.seed_generator
            )
            if training
            else mu
        )
        reconstruction = ops.relu(self.dense(z))  # [B, 128]
        # [B, 1, 8, 8]
        reconstruction = ops.reshape(self.dense_2(reconstruction), (-1, 1, 8, 8))
        return {"mu": mu, "logvar": logvar, "reconstruction": reconstruction}
