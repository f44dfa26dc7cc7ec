"""Tables of vectors."""

from __future__ import annotations

from collections.abc import Mapping

from dlspec.backend.protocol import Emit, Emitted, Use, X
from dlspec.emit import python as py
from dlspec.ops.base import Op
from dlspec.ops.embedding import Embedding
from dlspec_torch.layers.common import applied, method


def embedding(use: Use) -> Emitted:
    padding = use.field("padding_id").or_default(None)
    make = py.call("nn.Embedding", use.field("count"), use.field("dim"), padding_idx=padding)
    # PyTorch looks up 32 and 64 bits only.
    return applied(make, value=method(X[0], "int") if use.x[0].dtype == "i8" else X[0])


LAYERS: Mapping[type[Op], Emit] = {Embedding: embedding}
