"""One tensor as several."""

from __future__ import annotations

from itertools import accumulate

from dlspec.backend.protocol import Emit, Emitted, Use
from dlspec.ops.base import Op
from dlspec.ops.splitting import Split
from dlspec_keras.layers.common import axis_slot, function


def split(use: Use) -> Emitted:
    """Keras takes the number of parts, or where each but the first begins."""
    axis = axis_slot(use, use.op.place)
    if not isinstance(use.op.parts, tuple):
        return function("split", use.field("parts"), axis=axis)
    *starts, _ = accumulate(map(int, use.op.parts))
    return function("split", use.given(starts, "starts"), axis=axis)


LAYERS: dict[type[Op], Emit] = {Split: split}
