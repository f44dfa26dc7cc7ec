"""Places around an image: added by `F.pad`, taken by slices."""

from __future__ import annotations

from collections.abc import Mapping

from dlspec.backend.border import between
from dlspec.backend.protocol import Emit, Emitted, Use, X
from dlspec.emit import python as py
from dlspec.ops import border
from dlspec.ops.base import Op
from dlspec_torch.layers.common import ends, kept, varies
from dlspec_torch.layers.moving import MODES


def padded(use: Use) -> Emitted:
    mode = use.op.mode
    named = {"value": use.field("value").or_default(0)}
    if mode != "constant":
        named = {"mode": use.fixed(MODES[mode])}
    return Emitted(py.call("F.pad", X[0], ends(use, use.op.pads(use.x[0])), **named))


def cropped(use: Use) -> Emitted:
    pads = use.op.pads(use.x[0])
    slices = [kept(use, *pair) for pair in pads]
    if varies(use.origins.get("cropping")):  # in some uses it may be 0
        shape = py.Attribute(X[0], "shape")
        sizes = (py.Index(shape, py.literal(axis)) for axis in range(2, 2 + len(pads)))
        slices = [between(use, pair, size) for pair, size in zip(pads, sizes, strict=True)]
    return Emitted(py.Index(X[0], py.Tuple((py.Slice(), py.Slice(), *slices))))


LAYERS: Mapping[type[Op], Emit] = {
    **dict.fromkeys((border.Pad1D, border.Pad2D, border.Pad3D), padded),
    **dict.fromkeys((border.Crop1D, border.Crop2D, border.Crop3D), cropped),
}
