"""specs/cancer.dls in Keras, by hand and tuned.

A `tf.data` pipeline shuffles the rows and works ahead of the model; an epoch is one execution.
`fit` on the arrays themselves takes several times as long.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import keras
import numpy as np
import tensorflow as tf
from keras import layers

BATCH = 32


def mlp() -> keras.Model:
    return keras.Sequential(
        [
            layers.Input((30,)),
            layers.Dense(32, activation="relu"),
            layers.Dropout(0.1),
            layers.Dense(16, activation="relu"),
            layers.Dropout(0.1),
            layers.Dense(1),
        ]
    )


def loop(rows: dict[str, np.ndarray]) -> Callable[[int, keras.callbacks.Callback], None]:
    """What trains so many epochs on the rows at each call, under a callback."""
    features, labels = rows["features"], rows["label"].astype(np.float32)[:, None]
    steps = math.ceil(len(features) / BATCH)
    pipeline = (
        tf.data.Dataset.from_tensor_slices((features, labels))
        .shuffle(len(features))
        .batch(BATCH)
        .repeat()
        .prefetch(tf.data.AUTOTUNE)
    )
    model = mlp()
    model.compile(
        keras.optimizers.Adam(3e-3),
        keras.losses.BinaryCrossentropy(from_logits=True),
        steps_per_execution=steps,
    )

    def fit(epochs: int, callback: keras.callbacks.Callback) -> None:
        model.fit(pipeline, epochs=epochs, steps_per_epoch=steps, verbose=0, callbacks=[callback])

    return fit
