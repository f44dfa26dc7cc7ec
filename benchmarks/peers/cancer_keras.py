"""specs/cancer.dls in Keras, by hand.

`tuned`: a `tf.data` pipeline shuffles the rows and works ahead of the model; an epoch is one
execution. `plain`: `fit` on the arrays themselves.
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


def compiled(per_execution: int) -> keras.Model:
    model = mlp()
    model.compile(
        keras.optimizers.Adam(3e-3),
        keras.losses.BinaryCrossentropy(from_logits=True),
        steps_per_execution=per_execution,
    )
    return model


def arrays(rows: dict[str, np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    return rows["features"], rows["label"].astype(np.float32)[:, None]


def plain(rows: dict[str, np.ndarray]) -> Callable[[int, keras.callbacks.Callback], None]:
    """What trains so many epochs on the rows at each call, under a callback."""
    features, labels = arrays(rows)
    model = compiled(per_execution=1)

    def fit(epochs: int, callback: keras.callbacks.Callback) -> None:
        model.fit(features, labels, BATCH, epochs, verbose=0, callbacks=[callback])

    return fit


def tuned(rows: dict[str, np.ndarray]) -> Callable[[int, keras.callbacks.Callback], None]:
    """The same, tuned."""
    features, labels = arrays(rows)
    steps = math.ceil(len(features) / BATCH)
    pipeline = (
        tf.data.Dataset.from_tensor_slices((features, labels))
        .shuffle(len(features))
        .batch(BATCH)
        .repeat()
        .prefetch(tf.data.AUTOTUNE)
    )
    model = compiled(per_execution=steps)

    def fit(epochs: int, callback: keras.callbacks.Callback) -> None:
        model.fit(pipeline, epochs=epochs, steps_per_epoch=steps, verbose=0, callbacks=[callback])

    return fit
