"""specs/digits.dls in Keras, by hand.

`tuned`: a `tf.data` pipeline shuffles the rows, augments whole batches with one resampling, and
works ahead of the model; an epoch is one execution. `plain`: `fit` on the arrays themselves, of a
model that begins with Keras's own layers of augmentation.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import keras
import numpy as np
import tensorflow as tf
from keras import layers

BATCH = 64
EPOCHS = 30


def digits_cnn() -> keras.Model:
    return keras.Sequential(
        [
            layers.Input((8, 8, 1)),
            layers.Conv2D(32, 3, padding="same", use_bias=False),
            layers.BatchNormalization(momentum=0.9, epsilon=1e-5),
            layers.ReLU(),
            layers.MaxPooling2D(2),
            layers.Conv2D(64, 3, padding="same", use_bias=False),
            layers.BatchNormalization(momentum=0.9, epsilon=1e-5),
            layers.ReLU(),
            layers.GlobalAveragePooling2D(),
            layers.Dropout(0.2),
            layers.Dense(10),
        ]
    )


def augment(x: tf.Tensor) -> tf.Tensor:
    """Rotations by at most 10 degrees, then shifts by at most a tenth, as one resampling."""
    count, middle = tf.shape(x)[0], 3.5
    angle = tf.random.uniform([count], -math.pi / 18, math.pi / 18)
    shift = tf.random.uniform([2, count], -0.8, 0.8)
    cos, sin, zero = tf.cos(angle), tf.sin(angle), tf.zeros([count])
    right, down = shift[0] + middle * (1 - cos + sin), shift[1] + middle * (1 - cos - sin)
    return tf.raw_ops.ImageProjectiveTransformV3(
        images=x,
        transforms=tf.stack([cos, -sin, right, sin, cos, down, zero, zero], 1),
        output_shape=tf.shape(x)[1:3],
        interpolation="BILINEAR",
        fill_mode="CONSTANT",
        fill_value=0.0,
    )


def compiled(model: keras.Model, steps: int, per_execution: int) -> keras.Model:
    """The model with its optimizer, for epochs of so many steps."""
    rate = keras.optimizers.schedules.CosineDecay(
        0.0, (EPOCHS - 1) * steps, warmup_target=3e-3, warmup_steps=steps
    )
    model.compile(
        keras.optimizers.AdamW(rate, weight_decay=0.01, global_clipnorm=1.0),
        keras.losses.CategoricalCrossentropy(from_logits=True, label_smoothing=0.1),
        steps_per_execution=per_execution,
    )
    return model


def arrays(rows: dict[str, np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    return rows["image"].transpose(0, 2, 3, 1), np.eye(10, dtype=np.float32)[rows["label"]]


def plain(rows: dict[str, np.ndarray]) -> Callable[[int, keras.callbacks.Callback], None]:
    """What trains so many epochs on the rows at each call, under a callback."""
    images, labels = arrays(rows)
    rotation = layers.RandomRotation((-1 / 36, 1 / 36), fill_mode="constant")
    shift = layers.RandomTranslation(0.1, 0.1, fill_mode="constant")
    augmented = keras.Sequential([layers.Input((8, 8, 1)), rotation, shift, digits_cnn()])
    model = compiled(augmented, math.ceil(len(images) / BATCH), per_execution=1)

    def fit(epochs: int, callback: keras.callbacks.Callback) -> None:
        model.fit(images, labels, BATCH, epochs, verbose=0, callbacks=[callback])

    return fit


def tuned(rows: dict[str, np.ndarray]) -> Callable[[int, keras.callbacks.Callback], None]:
    """The same, tuned."""
    images, labels = arrays(rows)
    steps = math.ceil(len(images) / BATCH)
    pipeline = (
        tf.data.Dataset.from_tensor_slices((images, labels))
        .shuffle(len(images))
        .batch(BATCH)
        .map(lambda x, y: (augment(x), y), num_parallel_calls=tf.data.AUTOTUNE)
        .repeat()
        .prefetch(tf.data.AUTOTUNE)
    )
    model = compiled(digits_cnn(), steps, per_execution=steps)

    def fit(epochs: int, callback: keras.callbacks.Callback) -> None:
        model.fit(pipeline, epochs=epochs, steps_per_epoch=steps, verbose=0, callbacks=[callback])

    return fit
