"""One function for each op: how PyTorch makes it and calls it."""

from __future__ import annotations

from collections.abc import Mapping

from dlspec.backend.protocol import Emit, Unsupported
from dlspec.ops.base import Op
from dlspec_torch.layers import (
    activation,
    arithmetic,
    attention,
    border,
    choosing,
    contraction,
    conv,
    dense,
    draws,
    elementary,
    embedding,
    indexing,
    moving,
    norm,
    ordering,
    pool,
    positions,
    raw,
    rearrange,
    recurrent,
    reduction,
    regularize,
    resize,
    segment,
    shape,
    splitting,
    tied,
    transposed,
)

LAYERS: Mapping[type[Op], Emit] = {
    **dense.LAYERS,
    **conv.LAYERS,
    **transposed.LAYERS,
    **pool.LAYERS,
    **border.LAYERS,
    **resize.LAYERS,
    **norm.LAYERS,
    **activation.LAYERS,
    **shape.LAYERS,
    **splitting.LAYERS,
    **rearrange.LAYERS,
    **embedding.LAYERS,
    **recurrent.LAYERS,
    **regularize.LAYERS,
    **attention.LAYERS,
    **arithmetic.LAYERS,
    **indexing.LAYERS,
    **positions.LAYERS,
    **raw.LAYERS,
    **tied.LAYERS,
    **elementary.LAYERS,
    **reduction.LAYERS,
    **choosing.LAYERS,
    **draws.LAYERS,
    **moving.LAYERS,
    **ordering.LAYERS,
    **contraction.LAYERS,
    **segment.LAYERS,
}

UNSUPPORTED: Mapping[type[Op], Unsupported] = {}
