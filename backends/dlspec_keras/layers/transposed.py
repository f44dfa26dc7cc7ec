"""Transposed convolutions. What is padded is cut off behind them, where `same` cuts otherwise."""

from __future__ import annotations

from functools import partial

from dlspec.backend.protocol import SELF, Emit, Emitted, Slot, Use, X
from dlspec.emit import python as py
from dlspec.expr import Const
from dlspec.ops.base import Op
from dlspec.ops.transposed import ConvTranspose1D, ConvTranspose2D, ConvTranspose3D
from dlspec_keras.layers.common import kept, layer, varies
from dlspec_keras.layers.kernel_norm import normed


def transposed(name: str, use: Use) -> Emitted:
    if spreads(use):
        found = cut(use, spread(use), ("spread", "ConvTranspose"))
    elif equals_same(use):
        found = layer(made(f"layers.{name}", use, padding=use.fixed("same")))
    else:
        found = cut(use, made(f"layers.{name}", use, output_padding=further(use)))
    return normed(use, found)


def made(kind: str, use: Use, **more: Slot) -> py.Call:
    """The constructor call, with what a kind has beside kernel, strides and bias."""
    stride = use.field("stride").or_default(1)
    return py.call(
        kind,
        use.field("channels"),
        use.field("kernel"),
        strides=stride,
        **more,
        use_bias=use.field("bias").or_default(True),
    )


def spread(use: Use) -> py.Call:
    """The class of `verbatim/model.py`."""
    extra = use.field("output_padding")
    if use.op.padding == "same":
        extra = use.given(use.op.extras, "output_padding", Const(use.op.extras))
    return made(
        "ConvTranspose",
        use,
        output_padding=extra.or_default(0 if any(use.op.extras) else extra.value),
        dilation_rate=use.field("dilation").or_default(1),
        groups=use.field("groups").or_default(1),
    )


def spreads(use: Use) -> bool:
    """Whether it is written as an ordinary convolution over the input with zeros between its
    places, here or in other uses of the same line: Keras's layer has no groups, and with dilation
    no strides and no TFLite operator."""
    plain = use.op.groups == 1 and set(use.op.dilations) == {1}
    return not plain or varies(use, "groups") or varies(use, "dilation")


def equals_same(use: Use) -> bool:
    """Whether Keras's `same` cuts off as much, here and in other uses of the same line."""
    if use.op.padding == "same":
        return True
    if any(varies(use, n) for n in ("kernel", "stride", "padding", "output_padding")):
        return False
    same = use.op.model_copy(update={"padding": "same"})
    return bool(same.pads(use.x[0]) == use.op.pads(use.x[0]) and same.extras == use.op.extras)


def further(use: Use) -> Slot:
    """Keras's `output_padding`. None, its default, is 0 for windows that leave no place out."""
    given = use.field("output_padding")
    gaps = any(k < s for k, s in zip(use.op.kernels, use.op.strides, strict=True))
    steps = any(varies(use, n) for n in ("kernel", "stride", "output_padding"))
    return given if gaps or steps or given.value != 0 else given.or_default(0)


def cut(use: Use, make: py.Call, helpers: tuple[str, ...] = ()) -> Emitted:
    """The layer, and behind it the ends of the places cut off."""
    call = py.call(SELF, X[0])
    imports = ("import math",) if helpers else ()
    if varies(use, "padding") and isinstance(use.op.padding, int):
        name = f"cropped{use.op.places}d"
        cropped = py.call(name, call, use.field("padding"))
        return Emitted(cropped, make, (*helpers, name), imports)
    pads = use.op.pads(use.x[0])
    if not any(map(any, pads)):
        return Emitted(call, make, helpers, imports)
    places = (kept(use, *pair) for pair in pads)
    return Emitted(py.Index(call, py.Tuple((py.Slice(), *places))), make, helpers, imports)


LAYERS: dict[type[Op], Emit] = {
    ConvTranspose1D: partial(transposed, "Conv1DTranspose"),
    ConvTranspose2D: partial(transposed, "Conv2DTranspose"),
    ConvTranspose3D: partial(transposed, "Conv3DTranspose"),
}
