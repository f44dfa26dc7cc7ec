"""How each op stands to the order of axes in memory."""

from __future__ import annotations

from typing import Literal

from dlspec.ops.activation import Identity, PReLU
from dlspec.ops.arithmetic import negative
from dlspec.ops.base import Op
from dlspec.ops.broadcasting import Broadcasting
from dlspec.ops.comparison import logical_not
from dlspec.ops.conv import Conv1D, Conv2D, Conv3D, DepthwiseConv1D, DepthwiseConv2D
from dlspec.ops.dense import Dense
from dlspec.ops.drawing import Like
from dlspec.ops.elementwise import Elementwise
from dlspec.ops.folding import Folding
from dlspec.ops.group_norm import GroupNorm, InstanceNorm
from dlspec.ops.indexing import getitem
from dlspec.ops.lengths import mask_padding, sequence_mask
from dlspec.ops.moving import pad, roll, transpose
from dlspec.ops.norm import BatchNorm, LayerNorm, Normalize, RMSNorm
from dlspec.ops.only_training import OnlyTraining
from dlspec.ops.ordering import argmax, argmin
from dlspec.ops.over_axes import Extreme, Reduction
from dlspec.ops.places import Bordered, GlobalPool, OfPlaces
from dlspec.ops.pooling import Pool
from dlspec.ops.rearrange import Rearrange
from dlspec.ops.response_norm import LocalResponseNorm
from dlspec.ops.rules import all_axes
from dlspec.ops.separable import SeparableConv1D, SeparableConv2D
from dlspec.ops.shape import Concat, Flatten, Reshape
from dlspec.ops.splitting import Split
from dlspec.ops.transposed import ConvTranspose1D, ConvTranspose2D, ConvTranspose3D
from dlspec.ops.unpool import MaxUnpool1D, MaxUnpool2D, MaxUnpool3D
from dlspec.passes.batch import Expand, Only
from dlspec.tensor import Tensor

Role = Literal["last", "likes last", "either", "reshape", "free", "first"]
"""`last`: works channels-last only. `likes last`: works in both, better so. `either`: elementwise,
or its axis is remapped. `reshape`: needs the logical sequence of elements. `free`: reads and gives
any order, each as its neighbours like it. `first`: all others."""

ROLES: dict[type[Op], Role] = {
    **dict.fromkeys((Conv1D, Conv2D, Conv3D, DepthwiseConv1D, DepthwiseConv2D), "last"),
    **dict.fromkeys((SeparableConv1D, SeparableConv2D), "last"),
    **dict.fromkeys((ConvTranspose1D, ConvTranspose2D, ConvTranspose3D), "last"),
    **dict.fromkeys((Pool, Folding), "last"),
    **dict.fromkeys((MaxUnpool1D, MaxUnpool2D, MaxUnpool3D), "last"),
    OfPlaces: "last",
    **dict.fromkeys((GlobalPool, LocalResponseNorm), "likes last"),
    **dict.fromkeys((Elementwise, Broadcasting, PReLU, Identity, OnlyTraining, Concat), "either"),
    **dict.fromkeys((negative, logical_not, Reduction, Expand, Only, Like), "either"),
    **dict.fromkeys((pad, roll, Bordered, Split, Normalize), "either"),
    **dict.fromkeys((mask_padding, sequence_mask), "either"),
    **dict.fromkeys((Flatten, Reshape), "reshape"),
    **dict.fromkeys((Rearrange, transpose), "free"),
}


def role(op: Op, x: Tensor) -> Role:
    """How an op stands to the order, for this first input."""
    match op:
        case BatchNorm() | GroupNorm() | InstanceNorm():
            return "likes last" if (op.axis or 0) % max(x.rank, 1) == 0 else "either"
        case Dense():
            # On the first axis it is a convolution of one place.
            return "either" if op.axis is not None and op.axis % x.rank == 0 else "first"
        case getitem():
            # A new axis in front makes all others places.
            kept, _ = op.cuts(x)
            return "first" if kept and kept[0].axis is None else "either"
        case LayerNorm() | RMSNorm():
            # The order of several axes is that of its weights.
            axes = op.axes(x)
            return "first" if len(axes) > 1 and 0 in axes else "either"
    return next((ROLES[c] for c in type(op).__mro__ if c in ROLES), "first")


def keeps_channels(op: Op, x: Tensor, inputs: int) -> bool:
    """Whether the first axis of the input is an axis of the output."""
    if isinstance(op, Reduction | Extreme):
        return inputs > 1 or op.keepdims or 0 not in all_axes(op.axis, x)
    if isinstance(op, argmax | argmin):
        return op.keepdims or op.place % x.rank != 0
    if isinstance(op, getitem):
        kept, _ = op.cuts(x)
        return bool(kept) and kept[0].axis == 0
    return True
