"""One tensor as several."""

from __future__ import annotations

from collections.abc import Mapping

from dlspec.backend.protocol import Emit, Emitted, Use, X
from dlspec.ops.base import Op
from dlspec.ops.splitting import Split
from dlspec_torch.layers.common import dim, method


def split(use: Use) -> Emitted:
    name = "split" if isinstance(use.op.parts, tuple) else "chunk"
    return Emitted(method(X[0], name, use.field("parts"), dim=dim(use, -1)))


LAYERS: Mapping[type[Op], Emit] = {Split: split}
