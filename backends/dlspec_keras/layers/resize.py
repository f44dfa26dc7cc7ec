"""Images made larger or smaller, and pixels of channels; both channels-last.

TensorFlow resizes in float32 alone: where numbers must be exact, and where corners are aligned, two
neighbours are mixed in the precision of the input.
"""

from __future__ import annotations

from dataclasses import replace

from dlspec.backend.protocol import Emit, Emitted, Use, X
from dlspec.emit import python as py
from dlspec.ops import resize
from dlspec.ops.base import Op
from dlspec.ops.pixels import PixelShuffle, PixelUnshuffle
from dlspec_keras.layers.common import function


def upsample(use: Use) -> Emitted:
    if use.op.linear:
        return mixed(use)
    call: py.Expr = X[0]
    for axis, factor in enumerate(use.op.scales, start=1):
        slot = use.field("scale") if isinstance(use.op.scale, int) else use.fixed(factor)
        call = py.call("ops.repeat", call, slot, axis=axis)
    return Emitted(call)


def resized(use: Use) -> Emitted:
    return mixed(use) if use.op.linear else helped("nearest", use)


def mixed(use: Use) -> Emitted:
    """Between neighbours."""
    if use.op.mode == "bicubic":
        corners = use.field("align_corners").or_default(False)
        cubic = helped("bicubic", use, align_corners=corners)
        needed = ("places_between", "bicubic", "cubic")
        return replace(cubic, helpers=needed, imports=("import math",))
    if use.exact or use.op.align_corners:
        corners = use.field("align_corners").or_default(False)
        linear = helped("interpolated", use, align_corners=corners)
        return replace(linear, helpers=("places_between", "interpolated"))
    if use.op.places == 2:
        size = use.given(use.op.sized(use.x[0]), "size")
        return function("image.resize", size, "bilinear")
    return helped(f"resized{use.op.places}d", use)


def helped(name: str, use: Use, **more: object) -> Emitted:
    """A function of `verbatim/model.py`, which is given the sizes of the result."""
    size = use.given(use.op.sized(use.x[0]), "size")
    return Emitted(py.call(name, X[0], size, **more), helpers=(name,))


def shuffled(use: Use) -> Emitted:
    call = py.call("pixel_shuffle", X[0], use.field("factor"))
    return Emitted(call, helpers=("pixel_shuffle",))


def unshuffled(use: Use) -> Emitted:
    call = py.call("pixel_unshuffle", X[0], use.field("factor"))
    return Emitted(call, helpers=("pixel_unshuffle",))


LAYERS: dict[type[Op], Emit] = {
    **dict.fromkeys((resize.Upsample1D, resize.Upsample2D, resize.Upsample3D), upsample),
    **dict.fromkeys((resize.Resize1D, resize.Resize2D, resize.Resize3D), resized),
    PixelShuffle: shuffled,
    PixelUnshuffle: unshuffled,
}
