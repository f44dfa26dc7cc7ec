"""Convolutions. Pads that differ at the two ends are put on before."""

from __future__ import annotations

from collections.abc import Mapping

from dlspec.backend.protocol import Emit, Emitted, Slot, Use, X
from dlspec.emit import python as py
from dlspec.expr import Const, Term, origin
from dlspec.ops.base import Op
from dlspec.ops.conv import Conv1D, Conv2D, DepthwiseConv2D
from dlspec_torch.layers.common import applied, by_rank, padded, padding, symmetric, varies


def conv(use: Use) -> Emitted:
    return _conv(use, use.field("channels"), use.field("groups").or_default(1))


def depthwise(use: Use) -> Emitted:
    channels = use.y[0].shape[0]
    inputs = use.size("in_channels").or_default(1)
    return _conv(use, use.given(int(channels), "channels", origin(channels)), inputs)


def _conv(use: Use, channels: Slot, groups: Slot) -> Emitted:
    pads = use.op.pads(use.x[0])
    even = symmetric(pads)
    make = py.call(
        by_rank("nn.Conv", use.op.places),
        use.size("in_channels"),
        channels,
        use.field("kernel"),
        stride=use.field("stride").or_default(1),
        padding=padding(use, pads) if even else use.fixed(0).or_default(0),
        dilation=use.field("dilation").or_default(1),
        groups=groups,
        bias=use.field("bias").or_default(True),
    )
    if even:
        return applied(make)
    if use.op.padding == "causal":
        return applied(make, value=py.call("F.pad", X[0], py.Tuple((_reach(use), use.fixed(0)))))
    return applied(make, value=padded(use, pads))


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


LAYERS: Mapping[type[Op], Emit] = {Conv1D: conv, Conv2D: conv, DepthwiseConv2D: depthwise}
