"""Attention, by PyTorch's own function, and rotary positions."""

from __future__ import annotations

from collections.abc import Mapping

from dlspec.backend.protocol import SELF, Emit, Emitted, Hole, Use, X
from dlspec.emit import python as py
from dlspec.ops.attention import Attention, Rotary
from dlspec.ops.base import Op
from dlspec.ops.multi_head import MultiHeadAttention

KEYS = py.Tuple((py.Slice(), *map(py.literal, (None, None)), py.Slice(), py.literal(0)))
"""The places of keys, with axes for the heads and the queries."""
TRAINING = py.Code("self.training")


def attention(use: Use) -> Emitted:
    op, mask = use.op, Mask(use)
    dropout = None
    if use.drops():
        dropout = py.IfElse(use.field("dropout"), TRAINING, py.literal(0.0))
    options = {
        "kv_heads": use.field("kv_heads").or_default(None),
        "attn_mask": mask.whole,
        "dropout_p": dropout,
        "is_causal": mask.causal,
        "scale": use.field("scale").or_default(None),
    }
    given = {name: value for name, value in options.items() if value is not None}
    call = py.call("attention", *X[:3], use.field("heads"), **given)
    imports = ("import math",) if op.alibi else ()
    return Emitted(call, helpers=("attention", *mask.helpers), imports=imports)


class Mask:
    """What is added to the scores, or which of them count."""

    def __init__(self, use: Use) -> None:
        self.use = use
        op = use.op
        plain = op.window is None and not op.alibi and not use.named
        self.causal: py.Expr | None = None
        """What the function's own mask is told, where that does."""
        if plain and use.general:
            self.causal = use.field("causal").or_default(False)
        elif plain and op.causal:
            self.causal = py.literal(True)
        self.helpers: tuple[str, ...] = ()
        self.whole = None if plain else self._whole()

    def _whole(self) -> py.Expr | None:
        bias, seen = self._bias(), self._seen()
        if bias is None or seen is None:
            return bias if seen is None else seen
        return py.call("torch.where", seen, bias, py.Unary("-", py.Code("torch.inf")))

    def _bias(self) -> py.Expr | None:
        bias = self._given("bias")
        if not self.use.op.alibi:
            return bias
        self.helpers += ("alibi",)
        slopes = py.call("alibi", X[0], self.use.field("heads"))
        return slopes if bias is None else py.Binary(bias, "+", slopes)

    def _seen(self) -> py.Expr | None:
        op, mask = self.use.op, self._given("mask")
        if "lengths" in self.use.named:
            # one of the keys for all queries and heads
            self.helpers += ("sequence_mask",)
            keys = X[1] if len(self.use.x) > 1 else X[0]
            real = py.Index(py.call("sequence_mask", keys, Hole("lengths")), KEYS)
            mask = real if mask is None else py.Binary(mask, "&", real)
        if not op.causal and op.window is None:
            return mask
        self.helpers += ("visible",)
        window = self.use.field("window").or_default(None)
        causal = self.use.field("causal").or_default(False)
        seen = py.call("visible", X[0], causal=causal, window=window)
        return seen if mask is None else py.Binary(mask, "&", seen)

    def _given(self, name: str) -> py.Expr | None:
        """An input, with an axis for the heads."""
        t = self.use.named.get(name)
        if t is None:
            return None
        every = py.Tuple((py.Slice(), py.literal(None)))
        return py.Index(Hole(name), every) if t.rank == 2 and not t.common else Hole(name)


def multi_head(use: Use) -> Emitted:
    op, mask = use.op, Mask(use)
    q, k, v = op.three(*use.x)
    widths = {
        name: use.given(int(t.shape[-1]), name)
        for name, t in (("kdim", k), ("vdim", v))
        if t.shape[-1] != q.shape[-1]
    }
    make = py.call(
        "MultiHeadAttention",
        use.size("in_features"),
        use.field("heads"),
        **widths,
        features=use.field("features").or_default(None),
        value_features=use.field("value_features").or_default(None),
        units=use.field("units").or_default(None),
        kv_heads=use.field("kv_heads").or_default(None),
        gate=use.field("gate").or_default(False),
        bias=use.field("bias").or_default(True),
        out_bias=use.field("out_bias").or_default(True),
        dropout=use.field("dropout").or_default(0.0),
        **({"theta": use.field("theta")} if op.rotary else {}),
    )
    options = {
        "attn_mask": mask.whole,
        "is_causal": mask.causal,
        "scale": use.field("scale").or_default(None),
    }
    given = {name: value for name, value in options.items() if value is not None}
    call = py.call(SELF, *X[: len(use.x)], **given)
    helpers = ("attention", "rotary", "MultiHeadAttention", *mask.helpers)
    imports = ("import math",) if op.alibi else ()
    return Emitted(call, make, helpers, imports)


def rotary(use: Use) -> Emitted:
    call = py.call(
        "rotary",
        X[0],
        use.field("heads"),
        theta=use.field("theta").or_default(10000.0),
        features=use.field("features").or_default(None),
        interleaved=use.field("interleaved").or_default(False),
        **({"positions": Hole("positions")} if use.named else {}),
    )
    return Emitted(call, helpers=("rotary",))


LAYERS: Mapping[type[Op], Emit] = {
    Attention: attention,
    Rotary: rotary,
    MultiHeadAttention: multi_head,
}
