"""Layers and functions, each declared once, whatever the backend.

Nothing is imported before it is asked for: `FAMILIES` says where each name stands.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dlspec.ops.base import Op

FAMILIES: dict[str, str] = {
    "dense": "Dense",
    "conv": "Conv1D Conv2D Conv3D DepthwiseConv1D DepthwiseConv2D",
    "separable": "SeparableConv1D SeparableConv2D",
    "transposed": "ConvTranspose1D ConvTranspose2D ConvTranspose3D",
    "pool": "MaxPool1D MaxPool2D MaxPool3D AvgPool1D AvgPool2D AvgPool3D",
    "lp_pool": "LPPool1D LPPool2D LPPool3D",
    "unpool": "MaxUnpool1D MaxUnpool2D MaxUnpool3D",
    "unfold": "Unfold1D Unfold2D Fold1D Fold2D",
    "adaptive": "AdaptiveAvgPool1D AdaptiveAvgPool2D AdaptiveAvgPool3D AdaptiveMaxPool1D "
    "AdaptiveMaxPool2D AdaptiveMaxPool3D",
    "global_pool": "GlobalAvgPool1D GlobalAvgPool2D GlobalAvgPool3D GlobalMaxPool1D "
    "GlobalMaxPool2D GlobalMaxPool3D",
    "border": "Pad1D Pad2D Pad3D Crop1D Crop2D Crop3D",
    "resize": "Upsample1D Upsample2D Upsample3D Resize1D Resize2D Resize3D",
    "pixels": "PixelShuffle PixelUnshuffle",
    "norm": "BatchNorm LayerNorm RMSNorm Normalize",
    "group_norm": "GroupNorm InstanceNorm",
    "response_norm": "LocalResponseNorm",
    "activation": "ReLU LeakyReLU PReLU Sigmoid Tanh GELU SiLU HardSwish Identity",
    "along_axis": "Softmax LogSoftmax Softmin Sparsemax GLU Maxout",
    "smooth": "ELU SELU CELU Softplus Squareplus Softsign Mish LogSigmoid TanhShrink",
    "piecewise": "RReLU ReLU6 HardSigmoid HardTanh HardShrink SoftShrink Threshold SparsePlus "
    "SparseSigmoid",
    "regularize": "Dropout SpatialDropout AlphaDropout DropPath GaussianDropout GaussianNoise",
    "shape": "Flatten Reshape Concat",
    "splitting": "Split",
    "rearrange": "Rearrange",
    "embedding": "Embedding EmbeddingBag",
    "recurrent": "SimpleRNN LSTM GRU BiSimpleRNN BiLSTM BiGRU",
    "attention": "Attention Rotary",
    "multi_head": "MultiHeadAttention",
    "experts": "Experts",
    "tied": "Transposed",
    "positions": "range linspace",
    "sinusoid": "Sinusoid",
    "raw": "Parameter Buffer",
    "indexing": "getitem gather",
    "arithmetic": "add subtract multiply divide floor_divide remainder power negative",
    "comparison": "equal not_equal less less_equal greater greater_equal "
    "logical_and logical_or logical_not",
    "functional": "relu leaky_relu sigmoid tanh gelu silu hard_swish elu selu celu softplus "
    "squareplus softsign mish log_sigmoid tanh_shrink relu6 hard_sigmoid hard_tanh hard_shrink "
    "soft_shrink threshold sparse_plus sparse_sigmoid softmax log_softmax softmin sparsemax glu "
    "maxout",
    "elementary": (
        "exp expm1 log log1p log2 log10 sqrt rsqrt sin cos tan asin acos atan atan2"
        " sinh cosh asinh acosh atanh erf floor ceil round sign abs"
    ),
    "contraction": "matmul einsum",
    "segment": "segment_sum segment_mean segment_max segment_min",
    "draws": "normal uniform randint beta permutation normal_like uniform_like zeros_like "
    "ones_like full",
    "of_batch": "batch row",
    "choosing": "where Clip clip cast one_hot stop_gradient",
    "triangle": "tril triu",
    "moving": "stack transpose pad roll",
    "lengths": "lengths mask_padding sequence_mask",
    "ordering": "argmax argmin topk sort argsort cumsum cumprod",
    "reduction": "sum mean prod var std logsumexp norm any all max min",
}
"""Module -> the kinds that it declares, in the order of the manual."""

OBJECTIVES: dict[str, str] = {"derivatives": "gradient"}
"""The same for functions that only the loss of a `train` block may call; no model has them."""

DECLARED: dict[str, str] = {"Extern": "extern"}
"""What a spec declares by itself and no text names, with the module: only the IR has it."""

_TABLES = FAMILIES | OBJECTIVES
_MODULES = {kind: module for module, kinds in _TABLES.items() for kind in kinds.split()}


def names() -> tuple[str, ...]:
    """Every layer and function of models."""
    return tuple(kind for kinds in FAMILIES.values() for kind in kinds.split())


def of_objectives() -> tuple[str, ...]:
    """Every function of losses alone."""
    return tuple(kind for kinds in OBJECTIVES.values() for kind in kinds.split())


def lookup(name: str) -> type[Op] | None:
    """The layer or function of this name; None if there is none."""
    module = _MODULES.get(name)
    if module is None:
        return None
    found: type[Op] = getattr(import_module(f"{__name__}.{module}"), name)
    return found


def of_kind(kind: str) -> type[Op] | None:
    """What has this kind in the IR: a layer, a function, or what a spec declares."""
    if kind not in DECLARED:
        return lookup(kind)
    found: type[Op] = getattr(import_module(f"{__name__}.{DECLARED[kind]}"), kind)
    return found
