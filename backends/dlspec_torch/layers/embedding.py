"""Tables of vectors."""

from __future__ import annotations

from collections.abc import Mapping

from dlspec.backend.protocol import SELF, Emit, Emitted, Hole, Use, X
from dlspec.emit import python as py
from dlspec.ops.base import Op
from dlspec.ops.embedding import Embedding, EmbeddingBag
from dlspec_torch.layers.common import applied, method


def embedding(use: Use) -> Emitted:
    padding = use.field("padding_id").or_default(None)
    make = py.call("nn.Embedding", use.field("count"), use.field("dim"), padding_idx=padding)
    # PyTorch looks up 32 and 64 bits only.
    return applied(make, value=method(X[0], "int") if use.x[0].dtype == "i8" else X[0])


def embedding_bag(use: Use) -> Emitted:
    make = py.call(
        "EmbeddingBag",
        use.field("count"),
        use.field("dim"),
        mode=use.field("mode").or_default("mean"),
        padding_idx=use.field("padding_id").or_default(None),
    )
    ids = method(X[0], "int") if use.x[0].dtype == "i8" else X[0]
    weight = (Hole("weight"),) if use.named else ()
    return Emitted(py.call(SELF, ids, *weight), make, ("EmbeddingBag",))


LAYERS: Mapping[type[Op], Emit] = {Embedding: embedding, EmbeddingBag: embedding_bag}
