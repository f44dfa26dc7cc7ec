"""Layers that only training knows."""

from __future__ import annotations

from collections.abc import Mapping

from dlspec.backend.protocol import Emit, Emitted, Use
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
from dlspec_torch.layers.common import MOST, applied, by_rank, of_channels


def dropout(use: Use) -> Emitted:
    return applied(py.call("nn.Dropout", use.field("rate")))


def spatial_dropout(use: Use) -> Emitted:
    rank = use.x[0].rank
    make = py.call(by_rank("nn.Dropout", 1 if rank > MOST else rank - 1), use.field("rate"))
    return of_channels(use, make, folds=True)


def alpha_dropout(use: Use) -> Emitted:
    if use.op.axis is None:
        return applied(py.call("nn.AlphaDropout", use.field("rate")))
    return of_channels(use, py.call("nn.FeatureAlphaDropout", use.field("rate")))


def drop_path(use: Use) -> Emitted:
    return applied(py.call("DropPath", use.field("rate")), ("DropPath",))


def gaussian_dropout(use: Use) -> Emitted:
    return applied(py.call("GaussianDropout", use.field("rate")), ("GaussianDropout",))


def gaussian_noise(use: Use) -> Emitted:
    return applied(py.call("GaussianNoise", use.field("std")), ("GaussianNoise",))


LAYERS: Mapping[type[Op], Emit] = {
    Dropout: dropout,
    SpatialDropout: spatial_dropout,
    AlphaDropout: alpha_dropout,
    DropPath: drop_path,
    GaussianDropout: gaussian_dropout,
    GaussianNoise: gaussian_noise,
}
