"""Transposed convolutions. What PyTorch does not cut off itself is cut off behind them."""

from __future__ import annotations

from collections.abc import Mapping

from dlspec.backend.protocol import SELF, Emit, Emitted, Slot, Use, X
from dlspec.emit import python as py
from dlspec.expr import Const
from dlspec.ops.base import Op
from dlspec.ops.transposed import ConvTranspose1D, ConvTranspose2D, ConvTranspose3D
from dlspec_torch.layers.common import by_rank, kept
from dlspec_torch.layers.kernel_norm import normed


def transposed(use: Use) -> Emitted:
    op = use.op
    ends = zip(op.pads(use.x[0]), op.extras, op.strides, strict=True)
    axes = [_own(before, after, extra, stride) for (before, after), extra, stride in ends]
    make = py.call(
        by_rank("nn.ConvTranspose", op.places),
        use.size("in_channels"),
        use.field("channels"),
        use.field("kernel"),
        stride=use.field("stride").or_default(1),
        padding=_slot(use, "padding", [own for own, _, _ in axes]).or_default(0),
        output_padding=_slot(use, "output_padding", [extra for _, extra, _ in axes]).or_default(0),
        groups=use.field("groups").or_default(1),
        bias=use.field("bias").or_default(True),
        dilation=use.field("dilation").or_default(1),
    )
    call: py.Expr = py.call(SELF, X[0])
    if any(cut != (0, 0) for _, _, cut in axes):
        places = (kept(use, *cut) for _, _, cut in axes)
        call = py.Index(call, py.Tuple((py.Slice(), py.Slice(), *places)))
    return normed(use, Emitted(call, make))


def _own(before: int, after: int, extra: int, stride: int) -> tuple[int, int, tuple[int, int]]:
    """What PyTorch cuts off at both ends of an axis and adds at its end, and what is left to cut
    off. Output padding of a stride or more is no ONNX."""
    uneven = extra + before - after
    if 0 <= uneven < stride:
        return before, uneven, (0, 0)
    own = min(before, after)
    return own, extra, (before - own, after - own)


def _slot(use: Use, name: str, sizes: list[int]) -> Slot:
    """An argument of the op where PyTorch takes it as it is, else the numbers."""
    given = use.field(name)
    value = sizes[0] if len(set(sizes)) == 1 else tuple(sizes)
    return given if given.value == value else use.given(value, name, Const(value))


LAYERS: Mapping[type[Op], Emit] = dict.fromkeys(
    (ConvTranspose1D, ConvTranspose2D, ConvTranspose3D), transposed
)
