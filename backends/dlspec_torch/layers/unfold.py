"""Windows laid side by side as channels, and put back. PyTorch's are of images, in one axis."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from dlspec.backend.protocol import Emit, Emitted, Slot, Use, X
from dlspec.emit import python as py
from dlspec.ops.base import Op
from dlspec.ops.unfold import Fold1D, Fold2D, Unfold1D, Unfold2D
from dlspec_torch.layers.common import ends, kept, method, own, padding, symmetric


def unfold(use: Use) -> Emitted:
    """Windows over one axis are those over an image with one column."""
    pads, x = use.op.pads(use.x[0]), X[0]
    within = own(use, pads)
    value: py.Expr = x if within else py.call("F.pad", x, ends(use, pads))
    if use.op.places == 1:
        value = method(value, "unsqueeze", 3)
    made = py.call("F.unfold", value, _kernel(use), **_windows(use, within))
    if use.op.places == 1:
        return Emitted(made)
    return Emitted(method(made, "unflatten", 2, use.given(use.op.slid(use.x[0]), "size")))


def fold(use: Use) -> Emitted:
    pads, size = use.op.pads(use.x[0]), use.op.target
    within = symmetric(pads)
    if not within:
        size = tuple(int(n) + a + b for n, (a, b) in zip(size, pads, strict=True))
    if use.op.places == 1:
        target = _only(use.field("size")) if within else use.given(size[0], "size")
        whole = py.Tuple((target, py.literal(1)))
        made: py.Expr = py.call("F.fold", X[0], whole, _kernel(use), **_windows(use, within))
        made = method(made, "squeeze", 3)
    else:
        to = use.field("size") if within else use.given(size, "size")
        made = py.call(
            "F.fold", method(X[0], "flatten", 2), to, _kernel(use), **_windows(use, within)
        )
    if within:
        return Emitted(made)
    places = (kept(use, *pair) for pair in pads)
    return Emitted(py.Index(made, py.Tuple((py.Slice(), py.Slice(), *places))))


def _kernel(use: Use) -> py.Expr:
    kernel = use.field("kernel")
    return kernel if use.op.places == 2 else py.Tuple((_only(kernel), py.literal(1)))


def _windows(use: Use, within: bool) -> dict[str, py.Expr]:
    """The windows as PyTorch takes them, with the padding where that is its own."""
    pads = padding(use, use.op.pads(use.x[0])) if within else use.fixed(0)
    slots = {"dilation": (use.field("dilation"), 1), "padding": (pads, 0)}
    slots["stride"] = (use.field("stride"), 1)
    if use.op.places == 2:
        return {name: slot.or_default(usual) for name, (slot, usual) in slots.items()}
    return {
        name: py.Tuple((_only(slot), py.literal(usual)))
        for name, (slot, usual) in slots.items()
        if _only(slot).value != usual
    }


def _only(slot: Slot) -> Slot:
    """The number of a tuple that holds one."""
    return replace(slot, value=slot.value[0]) if isinstance(slot.value, tuple) else slot


LAYERS: Mapping[type[Op], Emit] = {
    **dict.fromkeys((Unfold1D, Unfold2D), unfold),
    **dict.fromkeys((Fold1D, Fold2D), fold),
}
