"""Images made larger or smaller, and pixels of channels."""

from __future__ import annotations

from collections.abc import Mapping

from dlspec.backend.protocol import Emit, Emitted, Slot, Use, X
from dlspec.emit import python as py
from dlspec.ops import resize
from dlspec.ops.base import Op
from dlspec.ops.pixels import PixelShuffle, PixelUnshuffle


def upsample(use: Use) -> Emitted:
    return interpolated(use, scale_factor=use.field("scale"))


def resized(use: Use) -> Emitted:
    if use.op.linear:
        return interpolated(use, size=use.field("size"))
    sizes = use.given(use.op.sized(use.x[0]), "size")
    return Emitted(py.call("nearest", X[0], sizes), helpers=("nearest",))


def interpolated(use: Use, **to: Slot) -> Emitted:
    mode = use.field("mode").or_default("nearest")
    corners = use.field("align_corners").or_default(False)
    return Emitted(py.call("F.interpolate", X[0], **to, mode=mode, align_corners=corners))


def shuffled(use: Use) -> Emitted:
    return Emitted(py.call("F.pixel_shuffle", X[0], use.field("factor")))


def unshuffled(use: Use) -> Emitted:
    return Emitted(py.call("F.pixel_unshuffle", X[0], use.field("factor")))


LAYERS: Mapping[type[Op], Emit] = {
    **dict.fromkeys((resize.Upsample1D, resize.Upsample2D, resize.Upsample3D), upsample),
    **dict.fromkeys((resize.Resize1D, resize.Resize2D, resize.Resize3D), resized),
    PixelShuffle: shuffled,
    PixelUnshuffle: unshuffled,
}
