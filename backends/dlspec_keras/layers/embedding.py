"""Tables of vectors."""

from __future__ import annotations

from dlspec.backend.protocol import SELF, Emit, Emitted, Hole, Use, X
from dlspec.emit import python as py
from dlspec.ops.base import Op
from dlspec.ops.embedding import Embedding, EmbeddingBag
from dlspec_keras.layers.common import layer


def embedding(use: Use) -> Emitted:
    if use.op.padding_id is None:
        return layer(py.call("layers.Embedding", use.field("count"), use.field("dim")))
    padding = use.field("padding_id")
    make = py.call("PaddedEmbedding", use.field("count"), use.field("dim"), padding_id=padding)
    return Emitted(layer(make).call, make, helpers=("PaddedEmbedding",))


def embedding_bag(use: Use) -> Emitted:
    make = py.call(
        "EmbeddingBag",
        use.field("count"),
        use.field("dim"),
        mode=use.field("mode").or_default("mean"),
        padding_id=use.field("padding_id").or_default(None),
    )
    weight = (Hole("weight"),) if use.named else ()
    return Emitted(py.call(SELF, X[0], *weight), make, helpers=("EmbeddingBag",))


LAYERS: dict[type[Op], Emit] = {Embedding: embedding, EmbeddingBag: embedding_bag}
