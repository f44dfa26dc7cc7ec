"""Windows laid side by side as channels, and put back; places first, in PyTorch's order."""

from __future__ import annotations

from dlspec.backend.protocol import Emit, Emitted, Use, X
from dlspec.emit import python as py
from dlspec.ops.base import Op
from dlspec.ops.unfold import Fold1D, Fold2D, Unfold1D, Unfold2D
from dlspec_keras.layers.common import kept
from dlspec_keras.layers.conv import is_valid, pad_slots, padded, window_slots


def unfold(use: Use) -> Emitted:
    x = X[0] if is_valid(use) else padded(X[0], pad_slots(use))
    return Emitted(py.call("unfold", x, *window_slots(use)), helpers=("unfold",))


def fold(use: Use) -> Emitted:
    pads = use.op.pads(use.x[0])
    ends = zip(use.op.target, pads, strict=True)
    size = use.given(tuple(int(n) + before + after for n, (before, after) in ends), "size")
    call: py.Expr = py.call("fold", X[0], size, *window_slots(use))
    if any(map(any, pads)):
        call = py.Index(call, py.Tuple((py.Slice(), *(kept(use, *pair) for pair in pads))))
    return Emitted(call, helpers=("spread", "fold"), imports=("import math",))


LAYERS: dict[type[Op], Emit] = {
    **dict.fromkeys((Unfold1D, Unfold2D), unfold),
    **dict.fromkeys((Fold1D, Fold2D), fold),
}
