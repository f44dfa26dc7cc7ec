"""Layers that only training knows."""

from __future__ import annotations

from dlspec.backend.protocol import Emit, Emitted, Slot, Use
from dlspec.emit import python as py
from dlspec.ops.base import Op
from dlspec.ops.regularize import (
    AlphaDropout,
    Dropout,
    DropPath,
    GaussianDropout,
    GaussianNoise,
    SpatialDropout,
)
from dlspec_keras.layers.common import kept_axis, layer

MOST = 1.0
"""The greatest deviation that Keras's own GaussianNoise takes."""


def dropout(use: Use) -> Emitted:
    return layer(py.call("layers.Dropout", use.field("rate")))


def spatial_dropout(use: Use) -> Emitted:
    return layer(py.call("layers.Dropout", use.field("rate"), noise_shape=of_channels(use)))


def of_channels(use: Use) -> Slot:
    """One draw for all places of a channel."""
    x = use.x[0]
    channels = kept_axis(use.op.sizes["in_channels"], x)
    return use.fixed((None, *(None if a == channels else 1 for a in range(x.rank))))


def alpha_dropout(use: Use) -> Emitted:
    if use.op.axis is None:
        return layer(py.call("layers.AlphaDropout", use.field("rate")))
    return layer(py.call("layers.AlphaDropout", use.field("rate"), noise_shape=of_channels(use)))


def drop_path(use: Use) -> Emitted:
    """One draw for all elements of an example."""
    shape = use.fixed((None, *[1] * use.x[0].rank))
    return layer(py.call("layers.Dropout", use.field("rate"), noise_shape=shape))


def gaussian_dropout(use: Use) -> Emitted:
    return layer(py.call("layers.GaussianDropout", use.field("rate")))


def gaussian_noise(use: Use) -> Emitted:
    if use.op.std <= MOST:
        return layer(py.call("layers.GaussianNoise", use.field("std")))
    make = py.call("GaussianNoise", use.field("std"))
    return Emitted(layer(make).call, make, ("GaussianNoise",))


LAYERS: dict[type[Op], Emit] = {
    Dropout: dropout,
    SpatialDropout: spatial_dropout,
    AlphaDropout: alpha_dropout,
    DropPath: drop_path,
    GaussianDropout: gaussian_dropout,
    GaussianNoise: gaussian_noise,
}
