"""Convolutions. They work channels-last, with `padding="same"` where it equals the IR's pads."""

from __future__ import annotations

from functools import partial

from dlspec.backend.protocol import SELF, Emit, Emitted, Slot, Use, X
from dlspec.emit import python as py
from dlspec.ops.base import Op
from dlspec.ops.conv import Conv1D, Conv2D, Conv3D, DepthwiseConv1D, DepthwiseConv2D
from dlspec.ops.separable import SeparableConv1D, SeparableConv2D
from dlspec_keras.layers.common import varies
from dlspec_keras.layers.kernel_norm import normed


def padded(x: py.Expr, slots: tuple[tuple[Slot, Slot], ...], **how: object) -> py.Expr:
    """The places of a tensor padded: with zeros, if `how` says nothing else."""
    widths = tuple(py.Tuple((before, after)) for before, after in slots)
    none = py.literal((0, 0))
    return py.call("ops.pad", x, py.Tuple((none, *widths, none)), **how)


def pad_slots(use: Use) -> tuple[tuple[Slot, Slot], ...]:
    """The pads of each place axis, with the arithmetic that made them where one number did."""
    pads = use.op.pads(use.x[0])
    if isinstance(use.op.padding, int):
        slot = use.field("padding")
        return ((slot, slot),) * len(pads)
    return tuple((use.fixed(before), use.fixed(after)) for before, after in pads)


def window_slots(use: Use) -> tuple[Slot, ...]:
    """The kernel, the stride and the dilation of each place axis."""
    sizes = {"kernel": use.op.kernels, "stride": use.op.strides, "dilation": use.op.dilations}
    return tuple(use.given(tuple(map(int, value)), name) for name, value in sizes.items())


def equals_same(use: Use) -> bool:
    """Whether `same`, as TensorFlow and the language have it, pads like this use and like every
    other use of the same line: with a stride it depends on the size that arrives."""
    if use.op.padding in ("same", "valid"):
        # TensorFlow's over three axes is wrong where strides leave out two places or more
        leaps = (s > n + 1 for s, n in zip(use.op.strides, use.op.spans, strict=True))
        return bool(use.op.padding == "same" and not (use.op.places == 3 and any(leaps)))
    if varies(use, "stride") or any(s != 1 for s in use.op.strides):
        return False
    spans = use.op.spans
    return bool(use.op.pads(use.x[0]) == tuple(((s - 1) // 2, s // 2) for s in spans))


def is_valid(use: Use) -> bool:
    """Whether nothing is padded here, nor in other uses of the same line."""
    nothing = all(pair == (0, 0) for pair in use.op.pads(use.x[0]))
    return nothing and use.op.padding != "same" and not varies(use, "padding")


def skips(use: Use) -> bool:
    """Whether every place is computed and only some are read: TensorFlow knows no stride together
    with dilation, and no two strides for depthwise kernels."""
    strides = set(use.op.strides)
    if strides == {1}:
        return False
    uneven = isinstance(use.op, DepthwiseConv2D | SeparableConv2D) and len(strides) > 1
    return uneven or any(d != 1 for d in use.op.dilations)


def convolution(name: str, use: Use, *first: Slot, **more: Slot) -> Emitted:
    """A convolution layer whose input is padded as the op says."""
    x: py.Expr = X[0]
    skipping = skips(use)
    padding = "valid"
    helpers: tuple[str, ...] = ()
    if name == "Conv1D" and use.op.padding == "causal":
        padding = "causal"
    elif equals_same(use) and not skipping:
        padding = "same"
    elif varies(use, "padding") and isinstance(use.op.padding, int):
        helpers = (f"padded{use.op.places}d",)
        x = py.call(helpers[0], x, use.field("padding"))
    elif not is_valid(use):
        x = padded(x, pad_slots(use))
    make = py.call(
        f"layers.{name}",
        *first,
        use.field("kernel"),
        strides=use.fixed(1).or_default(1) if skipping else use.field("stride").or_default(1),
        padding=use.fixed(padding).or_default("valid"),
        dilation_rate=use.field("dilation").or_default(1),
        **more,
        use_bias=use.field("bias").or_default(True),
    )
    call: py.Expr = py.call(SELF, x)
    if skipping:
        steps = (py.Slice(step=use.fixed(s)) for s in use.op.strides)
        call = py.Index(call, py.Tuple((py.Slice(), *steps)))
    return Emitted(call, make, helpers)


def conv(name: str, use: Use) -> Emitted:
    groups = use.field("groups").or_default(1)
    return normed(use, convolution(name, use, use.field("channels"), groups=groups))


def depthwise(name: str, use: Use) -> Emitted:
    multiplier = use.field("multiplier").or_default(1)
    return normed(use, convolution(name, use, depth_multiplier=multiplier))


def separable(name: str, use: Use) -> Emitted:
    multiplier = use.field("multiplier").or_default(1)
    return convolution(name, use, use.field("channels"), depth_multiplier=multiplier)


LAYERS: dict[type[Op], Emit] = {
    Conv1D: partial(conv, "Conv1D"),
    Conv2D: partial(conv, "Conv2D"),
    Conv3D: partial(conv, "Conv3D"),
    DepthwiseConv1D: partial(depthwise, "DepthwiseConv1D"),
    DepthwiseConv2D: partial(depthwise, "DepthwiseConv2D"),
    SeparableConv1D: partial(separable, "SeparableConv1D"),
    SeparableConv2D: partial(separable, "SeparableConv2D"),
}
