"""Tables of vectors."""

from __future__ import annotations

from dlspec.backend.protocol import Emit, Emitted, Use
from dlspec.emit import python as py
from dlspec.ops.base import Op
from dlspec.ops.embedding import Embedding
from dlspec_keras.layers.common import layer


def embedding(use: Use) -> Emitted:
    if use.op.padding_id is None:
        return layer(py.call("layers.Embedding", use.field("count"), use.field("dim")))
    padding = use.field("padding_id")
    make = py.call("PaddedEmbedding", use.field("count"), use.field("dim"), padding_id=padding)
    return Emitted(layer(make).call, make, helpers=("PaddedEmbedding",))


LAYERS: dict[type[Op], Emit] = {Embedding: embedding}
