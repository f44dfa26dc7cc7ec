"""Convolutions. Pads that differ at the two ends are put on before."""

from __future__ import annotations

from collections.abc import Mapping

from dlspec.backend.protocol import Emit, Emitted, Slot, Use, X
from dlspec.emit import python as py
from dlspec.expr import Const, Term, origin
from dlspec.ops.base import Op
from dlspec.ops.conv import Conv1D, Conv2D, Conv3D, DepthwiseConv1D, DepthwiseConv2D
from dlspec.ops.separable import SeparableConv1D, SeparableConv2D
from dlspec_torch.layers.common import applied, by_rank, own, padded, padding, varies
from dlspec_torch.layers.kernel_norm import normed


def conv(use: Use) -> Emitted:
    return _conv(use, use.field("channels"), use.field("groups").or_default(1))


def depthwise(use: Use) -> Emitted:
    channels = use.y[0].shape[0]
    inputs = use.size("in_channels").or_default(1)
    return _conv(use, use.given(int(channels), "channels", origin(channels)), inputs)


def separable(use: Use) -> Emitted:
    """Two convolutions one behind the other, called by the names of their weights."""
    between = use.op.between(use.x[0])
    channels = use.given(int(between), "between", origin(between))
    inputs = use.size("in_channels").or_default(1)
    depthwise = _layer(use, channels, inputs, use.fixed(False))
    pointwise = py.call(
        by_rank("nn.Conv", use.op.places),
        channels,
        use.field("channels"),
        1,
        bias=use.field("bias").or_default(True),
    )
    parts = py.call("OrderedDict", depthwise=depthwise, pointwise=pointwise)
    return applied(py.call("nn.Sequential", parts), value=_padded(use))


def _conv(use: Use, channels: Slot, groups: Slot) -> Emitted:
    make = _layer(use, channels, groups, use.field("bias").or_default(True))
    return normed(use, applied(make, value=_padded(use)))


def _layer(use: Use, channels: Slot, groups: Slot, bias: Slot) -> py.Call:
    pads = use.op.pads(use.x[0])
    return py.call(
        by_rank("nn.Conv", use.op.places),
        use.size("in_channels"),
        channels,
        use.field("kernel"),
        stride=use.field("stride").or_default(1),
        padding=padding(use, pads) if own(use, pads) else use.fixed(0).or_default(0),
        dilation=use.field("dilation").or_default(1),
        groups=groups,
        bias=bias,
    )


def _padded(use: Use) -> py.Expr:
    """The input, with the pads that the layer itself does not add."""
    pads = use.op.pads(use.x[0])
    if own(use, pads):
        return X[0]
    if use.op.padding == "causal":
        return py.call("F.pad", X[0], py.Tuple((_reach(use), use.fixed(0))))
    return padded(use, pads)


def _reach(use: Use) -> Slot:
    """How many earlier places a causal window sees."""
    kernel, dilation = use.field("kernel"), use.field("dilation")
    value = use.op.spans[0] - 1
    if not varies(kernel.origin) and not varies(dilation.origin):
        return use.given(value, "before", Const(value))
    if kernel.origin is None or dilation.origin is None:
        return use.given(value, "before")
    earlier = Term("-", (kernel.origin, Const(1)))
    if dilation.origin == Const(1):
        return use.given(value, "before", earlier)
    return use.given(value, "before", Term("*", (dilation.origin, earlier)))


LAYERS: Mapping[type[Op], Emit] = {
    Conv1D: conv,
    Conv2D: conv,
    Conv3D: conv,
    DepthwiseConv1D: depthwise,
    DepthwiseConv2D: depthwise,
    SeparableConv1D: separable,
    SeparableConv2D: separable,
}
