"""Attention, by the function of `keras.ops`, and rotary positions."""

from __future__ import annotations

from dlspec.backend.protocol import SELF, Emit, Emitted, Hole, Use, X
from dlspec.emit import python as py
from dlspec.ops.attention import Attention, Rotary
from dlspec.ops.base import Op
from dlspec.ops.multi_head import MultiHeadAttention

KEYS = py.Tuple((py.Slice(), *map(py.literal, (None, None)), py.Slice(), py.literal(0)))
"""The places of keys, with axes for the heads and the queries."""


def attention(use: Use) -> Emitted:
    """Its weights can be dropped only where the softmax is written out. On JAX, the function takes
    only values that are as wide as the keys."""
    op = use.op
    written = use.drops() or _width(use, 1) != _width(use, 2)
    causal = op.causal and (op.window is not None or written)
    bias, biased = _bias(use)
    mask, masked = _mask(use, causal)
    options = {
        "kv_heads": use.field("kv_heads").or_default(None),
        "scale": use.field("scale").or_default(None),
        "bias": bias,
        "mask": mask,
        "is_causal": None if causal else _is_causal(use),
    }
    given = {name: value for name, value in options.items() if value is not None}
    helpers = ("in_heads", *biased, *masked)
    imports = ("import math",) if op.alibi else ()
    if written:
        make = py.call("layers.Identity")
        if use.drops():
            make = py.call("layers.Dropout", use.field("dropout"))
        call = py.call("dropped_attention", *X[:3], use.field("heads"), SELF, **given)
        return Emitted(call, make, ("dropped_attention", *helpers), imports)
    call = py.call("attention", *X[:3], use.field("heads"), **given)
    return Emitted(call, helpers=("attention", *helpers), imports=imports)


def multi_head(use: Use) -> Emitted:
    op, q = use.op, use.x[0]
    written = use.drops() or op.value_width(q) != op.width(q)
    causal = op.causal and (op.window is not None or written)
    bias, biased = _bias(use)
    mask, masked = _mask(use, causal)
    units = use.size("in_features") if op.units is None else use.field("units")
    features = use.given(int(op.width(q)), "features")
    if op.features is not None:
        features = use.field("features")
    make = py.call(
        "MultiHeadAttention",
        use.field("heads"),
        features,
        units,
        value_features=use.field("value_features").or_default(None),
        kv_heads=use.field("kv_heads").or_default(None),
        gate=use.field("gate").or_default(False),
        use_bias=use.field("bias").or_default(True),
        out_bias=use.field("out_bias").or_default(True),
        dropout=use.field("dropout").or_default(0.0),
        **({"theta": use.field("theta")} if op.rotary else {}),
    )
    options = {
        "scale": use.field("scale").or_default(None),
        "bias": bias,
        "mask": mask,
        "is_causal": None if causal else _is_causal(use),
    }
    given = {name: value for name, value in options.items() if value is not None}
    helpers = ("in_heads", "attention", "dropped_attention", "rotary", "MultiHeadAttention")
    imports = ("import math",) if op.alibi else ()
    call = py.call(SELF, *X[: len(use.x)], **given)
    return Emitted(call, make, (*helpers, *biased, *masked), imports)


def _width(use: Use, index: int) -> object:
    return use.x[index].shape[-1]


def _bias(use: Use) -> tuple[py.Expr | None, tuple[str, ...]]:
    bias = _given(use, "bias")
    if not use.op.alibi:
        return bias, ()
    slopes = py.call("alibi", X[0], use.field("heads"))
    return slopes if bias is None else py.Binary(bias, "+", slopes), ("alibi",)


def _is_causal(use: Use) -> py.Expr | None:
    """What the function's own mask is told, where that does."""
    if use.general and use.op.window is None:
        return use.field("causal").or_default(False)
    return py.literal(True) if use.op.causal else None


def _mask(use: Use, causal: bool) -> tuple[py.Expr | None, tuple[str, ...]]:
    helpers: tuple[str, ...] = ()
    mask = _given(use, "mask")
    if "lengths" in use.named:
        keys = X[1] if len(use.x) > 1 else X[0]
        real = py.Index(py.call("sequence_mask", keys, Hole("lengths")), KEYS)
        mask, helpers = real if mask is None else py.Binary(mask, "&", real), ("sequence_mask",)
    if not causal and use.op.window is None:
        return mask, helpers
    window = use.field("window").or_default(None)
    seen = py.call("visible", X[0], causal=use.field("causal").or_default(False), window=window)
    return seen if mask is None else py.Binary(mask, "&", seen), ("visible", *helpers)


def _given(use: Use, name: str) -> py.Expr | None:
    """An input with four axes: the batch's, the heads', and those of the places."""
    t = use.named.get(name)
    if t is None:
        return None
    batch = (py.literal(None),) if t.common else (py.Slice(),)
    at = batch if t.rank > 2 else (*batch, py.literal(None))
    if len(at) == 1:
        return py.Index(Hole(name), at[0]) if t.common else Hole(name)
    return py.Index(Hole(name), py.Tuple(at))


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


LAYERS: dict[type[Op], Emit] = {
    Attention: attention,
    Rotary: rotary,
    MultiHeadAttention: multi_head,
}
