"""Layers that a block takes as arguments: modules, also where forward would call a function."""

from __future__ import annotations

from dlspec.backend.protocol import SELF, UnsupportedOp, Use, X
from dlspec.emit import python as py
from dlspec.ops.activation import Identity
from dlspec.ops.shape import Flatten

MODULES = {
    "F.relu": "nn.ReLU",
    "F.leaky_relu": "nn.LeakyReLU",
    "F.gelu": "nn.GELU",
    "F.silu": "nn.SiLU",
    "F.hardswish": "nn.Hardswish",
    "F.softmax": "nn.Softmax",
    "F.log_softmax": "nn.LogSoftmax",
    "F.softmin": "nn.Softmin",
    "F.glu": "nn.GLU",
    "F.elu": "nn.ELU",
    "F.selu": "nn.SELU",
    "F.celu": "nn.CELU",
    "F.softplus": "nn.Softplus",
    "F.softsign": "nn.Softsign",
    "F.mish": "nn.Mish",
    "F.tanhshrink": "nn.Tanhshrink",
    "F.relu6": "nn.ReLU6",
    "F.hardsigmoid": "nn.Hardsigmoid",
    "F.hardtanh": "nn.Hardtanh",
    "F.hardshrink": "nn.Hardshrink",
    "F.softshrink": "nn.Softshrink",
    "F.threshold": "nn.Threshold",
    "torch.sigmoid": "nn.Sigmoid",
    "torch.tanh": "nn.Tanh",
    "F.max_pool1d": "nn.MaxPool1d",
    "F.max_pool2d": "nn.MaxPool2d",
    "F.avg_pool1d": "nn.AvgPool1d",
    "F.avg_pool2d": "nn.AvgPool2d",
    "F.lp_pool1d": "nn.LPPool1d",
    "F.lp_pool2d": "nn.LPPool2d",
    "F.lp_pool3d": "nn.LPPool3d",
    "F.max_pool3d": "nn.MaxPool3d",
    "F.avg_pool3d": "nn.AvgPool3d",
    "F.adaptive_avg_pool1d": "nn.AdaptiveAvgPool1d",
    "F.adaptive_avg_pool2d": "nn.AdaptiveAvgPool2d",
    "F.adaptive_max_pool1d": "nn.AdaptiveMaxPool1d",
    "F.adaptive_max_pool2d": "nn.AdaptiveMaxPool2d",
    "F.adaptive_max_pool3d": "nn.AdaptiveMaxPool3d",
    "F.local_response_norm": "nn.LocalResponseNorm",
    "F.interpolate": "nn.Upsample",
    "F.pixel_shuffle": "nn.PixelShuffle",
    "F.pixel_unshuffle": "nn.PixelUnshuffle",
}
"""Function -> the module that takes the same arguments, the input apart."""


def object_of(use: Use) -> py.Expr:
    """The constructor call of a module for any layer.

    Raises:
        UnsupportedOp: PyTorch has no module for it.
    """
    from dlspec_torch.layers import LAYERS

    if isinstance(use.op, Identity):
        return py.call("nn.Identity")
    if isinstance(use.op, Flatten):
        return flatten(use)
    emitted = LAYERS[type(use.op)](use)
    if emitted.make is not None and emitted.call == py.call(SELF, X[0]):
        return emitted.make
    match emitted.call:
        case py.Call(callee=str(name), args=(first, *rest)) if (
            name in MODULES and first.value == X[0]
        ):
            return py.Call(MODULES[name], tuple(rest))
    raise UnsupportedOp(use.op.kind(), "PyTorch has no module for it")


def flatten(use: Use) -> py.Expr:
    """Of some axes, or of all; the batch is axis 0."""
    axis = (0, -1) if use.op.axis is None else use.op.axis
    axes = (axis,) if isinstance(axis, int) else axis
    first, last = (a + 1 if a >= 0 else a for a in (axes[0], axes[-1]))
    return py.call("nn.Flatten", use.fixed(first).or_default(1), use.fixed(last).or_default(-1))
