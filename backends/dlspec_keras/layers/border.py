"""Places around an image: added by `ops.pad`, or looked up; taken by slices."""

from __future__ import annotations

from dlspec.backend.border import between
from dlspec.backend.protocol import Emit, Emitted, Use, X
from dlspec.emit import python as py
from dlspec.ops import border
from dlspec.ops.base import Op
from dlspec_keras.layers.common import function, kept, kept_axis, length, varies


def padded(use: Use) -> Emitted:
    """Keras has constants and reflections."""
    x, mode = use.x[0], use.op.mode
    axes = [kept_axis(a, x) + 1 for a in range(1, x.rank)]
    ends = dict(zip(axes, use.op.pads(x), strict=True))
    if mode in ("constant", "reflect"):
        widths = (tuple(map(use.fixed, ends.get(a, (0, 0)))) for a in range(x.rank + 1))
        pairs = py.Tuple(tuple(map(py.Tuple, widths)))
        if mode == "reflect":
            return function("pad", pairs, mode=use.fixed(mode))
        return function("pad", pairs, constant_values=use.field("value").or_default(0))
    made: py.Expr = X[0]
    for axis, pair in sorted(ends.items()):
        if any(pair):
            made = py.call("pad", made, *map(use.fixed, (*pair, axis, mode)))
    return Emitted(made, helpers=("pad",))


def cropped(use: Use) -> Emitted:
    x = use.x[0]
    slices = [py.Slice()] * x.rank
    for a, pair in enumerate(use.op.pads(x), start=1):
        axis = kept_axis(a, x)
        slices[axis] = kept(use, *pair)
        if varies(use, "cropping"):  # in some uses it may be 0
            slices[axis] = between(use, pair, length(X[0], axis + 1))
    return Emitted(py.Index(X[0], py.Tuple((py.Slice(), *slices))))


LAYERS: dict[type[Op], Emit] = {
    **dict.fromkeys((border.Pad1D, border.Pad2D, border.Pad3D), padded),
    **dict.fromkeys((border.Crop1D, border.Crop2D, border.Crop3D), cropped),
}
