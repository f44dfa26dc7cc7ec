"""Tensors that are common to all examples: which ops keep them so.

A tensor belongs to each example (inputs, and what is computed of them) or is common (`Parameter`,
`Buffer`, positions). What is computed of both belongs to each example.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from dlspec.ops.activation import Identity
from dlspec.ops.arithmetic import negative
from dlspec.ops.base import Op
from dlspec.ops.broadcasting import Broadcasting
from dlspec.ops.choosing import one_hot
from dlspec.ops.comparison import logical_not
from dlspec.ops.contraction import einsum, matmul
from dlspec.ops.dense import Dense
from dlspec.ops.drawing import Like
from dlspec.ops.elementwise import Elementwise
from dlspec.ops.embedding import Embedding, EmbeddingBag
from dlspec.ops.indexing import gather, getitem
from dlspec.ops.moving import pad, roll, stack, transpose
from dlspec.ops.normalisation import OverAxes
from dlspec.ops.over_axes import Reduction
from dlspec.ops.positions import linspace
from dlspec.ops.positions import range as Positions
from dlspec.ops.raw import Raw
from dlspec.ops.regularize import AlphaDropout, Dropout, GaussianDropout, GaussianNoise
from dlspec.tensor import Tensor

ALIKE = (
    *(Elementwise, negative, logical_not, getitem, gather, Identity, Raw, Broadcasting),
    *(Dropout, AlphaDropout, GaussianDropout, GaussianNoise, Like),
    *(Reduction, one_hot, stack, transpose, pad, roll, matmul, einsum, Positions, linspace),
)
"""Their code is the same with a batch axis and without, but for the number of an axis."""
ON_LAST_AXIS = (Dense, OverAxes)
"""So is theirs, where they work on the last axis and another stands in front."""


def alike(op: Op, x: Sequence[Tensor]) -> bool:
    """Whether the code of an op is the same for tensors with a batch axis and without."""
    if isinstance(op, ON_LAST_AXIS):
        return op.axis is None and x[0].rank > 1
    if isinstance(op, Embedding | EmbeddingBag):
        return x[0].rank > 0
    if isinstance(op, stack):
        return len({t.common for t in x}) == 1
    return isinstance(op, ALIKE)


def each(t: Tensor) -> Tensor:
    """The type of a tensor when it belongs to each example."""
    return replace(t, common=False) if t.common else t
