"""Attention with projections of its own."""

from collections.abc import Iterator, Mapping
from typing import ClassVar

from dlspec.declared import Problem
from dlspec.expr import fixed, product
from dlspec.ops.attention import Attention, Rotary
from dlspec.ops.base import Op, Weight, example
from dlspec.ops.fields import Count, Flag, Positive, Rate
from dlspec.ops.init import GLOROT, ZEROS, Initial
from dlspec.ops.rules import floats
from dlspec.tensor import Tensor


class MultiHeadAttention(Op):
    """Attention of several heads, with the projections before and behind it.

    `x -> MultiHeadAttention(8)` reads x itself, `(x, memory) -> MultiHeadAttention(8)` another
    sequence, and `(q, k, v)` all three from where they are. [T, n] becomes [T, units]:
    out(Attention(query(q), key(k), value(v))), each of the four a Dense.

    - `heads`: how many parts read by themselves.
    - `features`: of each head; n / heads without.
    - `value_features`: what each head reads of a place; `features` without.
    - `units`: the width of the output; n without.
    - `kv_heads`, `causal`, `window`, `alibi`, `scale`, `dropout`: those of Attention.
    - `rotary`: turns q and k by their positions, as Rotary does; `theta` is its base.
    - `gate`: what the heads read is multiplied by sigmoid(gate(q)), one more Dense, before the
      projection behind (Qiu et al. 2025).
    - `bias`, `out_bias`: whether query, key, value and gate, and the projection behind, have a
      bias.
    - `init`, `bias_init`: how all of them start.
    - Inputs `mask=`, `bias=` and `lengths=`: those of Attention.

    PyTorch's `kdim` and `vdim` are what arrives, `embed_dim` is n, Keras's `key_dim` is `features`,
    its `value_dim` `value_features` and its `output_shape` `units`. Over the axes of an image it
    stands behind Rearrange([C, H, W] -> [H*W, C]).

    Weights: `query.weight` [heads · features, n], `key.weight` [kv_heads · features, m],
    `value.weight` [kv_heads · value_features, o], `gate.weight` [heads · value_features, n],
    `out.weight` [units, heads · value_features], and the `bias` of each.
    MACs: those of the Dense and of Attention. Vaswani et al. 2017.
    """

    inputs: ClassVar = (1, 3)
    named: ClassVar = ("mask", "bias", "lengths")
    common: ClassVar = ("mask", "bias")
    positional: ClassVar = ("heads",)
    onnx: ClassVar = ("Gemm", *Attention.onnx)
    tflite: ClassVar = ("FULLY_CONNECTED", *Attention.tflite)
    examples: ClassVar = (
        example("MultiHeadAttention(2)", "f32[5, 6]"),
        example("MultiHeadAttention(3, causal=true, bias=false)", "f32[5, 6]"),
        example("MultiHeadAttention(2, units=4, features=5, scale=0.5)", "f32[5, 6]", "f32[4, 7]"),
        example("MultiHeadAttention(2, value_features=5, gate=true)", "f32[5, 6]", "f32[4, 7]"),
        example("MultiHeadAttention(2, causal=true, alibi=true, scale=0.5)", "f32[5, 6]"),
        example(
            "MultiHeadAttention(4, kv_heads=2, window=3, out_bias=false, dropout=0.1)",
            "f32[5, 8]",
        ),
        example(
            "MultiHeadAttention(4, kv_heads=1, rotary=true, theta=100, causal=true)", "f32[5, 8]"
        ),
        example(
            "MultiHeadAttention(2, alibi=true, init=he_normal, bias_init=constant(0.5))",
            *("f32[5, 6]", "f32[5, 3]", "f32[5, 4]"),
            bias="f32[2, 5, 5]",
        ),
    )

    heads: Count
    features: Count | None = None
    value_features: Count | None = None
    units: Count | None = None
    kv_heads: Count | None = None
    causal: Flag = False
    window: Count | None = None
    alibi: Flag = False
    scale: Positive | None = None
    rotary: Flag = False
    theta: Positive = 10000.0
    dropout: Rate = 0.0
    gate: Flag = False
    bias: Flag = True
    out_bias: Flag = True
    init: Initial = GLOROT
    bias_init: Initial = ZEROS

    @classmethod
    def has_object(cls) -> bool:
        return True

    @classmethod
    def has_weights(cls) -> bool:
        return True

    @property
    def sizes(self) -> Mapping[str, int]:
        return {"in_features": -1}

    @property
    def inner(self) -> Attention:
        """What stands between the projections."""
        return Attention(
            heads=self.heads,
            kv_heads=self.kv_heads,
            causal=self.causal,
            window=self.window,
            alibi=self.alibi,
            scale=self.scale,
            dropout=self.dropout,
        )

    @staticmethod
    def three(*x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """q, k and v, of which the later ones may be left out."""
        return x[0], x[min(1, len(x) - 1)], x[-1]

    def width(self, x: Tensor) -> int:
        """The features of each head."""
        return int(x.shape[-1]) // int(self.heads) if self.features is None else self.features

    def value_width(self, x: Tensor) -> int:
        """Those of what it reads."""
        return self.width(x) if self.value_features is None else self.value_features

    def problems(self, *x: Tensor, **named: Tensor) -> Iterator[Problem]:
        kind = self.kind()
        wrong = tuple(floats(kind, *x))
        yield from wrong
        if wrong:
            return
        for t in x:
            if t.rank != 2 or t.image or not fixed(t.shape[-1]):
                yield Problem(None, f"{kind} needs [places, features], got {t}")
                return
        if self.features is None and x[0].shape[-1] % self.heads:
            what = f"the features of {x[0]} do not make {int(self.heads)} heads"
            yield Problem("heads", what, "features= may be any number")
            return
        projected = self._projected(*x)
        yield from self.inner.problems(*projected, **named)
        if self.rotary:
            yield from Rotary(heads=self.heads).problems(projected[0])

    def _projected(self, *x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        each, (q, k, v) = self.width(x[0]), self.three(*x)
        groups = int(self.inner.groups)
        return (
            q.with_shape(q.shape[0], int(self.heads) * each),
            k.with_shape(k.shape[0], groups * each),
            v.with_shape(v.shape[0], groups * self.value_width(x[0])),
        )

    def shape(self, *x: Tensor, **named: Tensor) -> Tensor:
        units = x[0].shape[-1] if self.units is None else self.units
        return x[0].with_shape(x[0].shape[0], units)

    def weights(self, *x: Tensor) -> tuple[Weight, ...]:
        q, k, v = self.three(*x)
        each, read, groups = self.width(x[0]), self.value_width(x[0]), self.inner.groups
        whole = product(self.heads, read)
        gate = self._dense("gate", whole, q.shape[-1], self.bias) if self.gate else ()
        return (
            *self._dense("query", product(self.heads, each), q.shape[-1], self.bias),
            *self._dense("key", product(groups, each), k.shape[-1], self.bias),
            *self._dense("value", product(groups, read), v.shape[-1], self.bias),
            *gate,
            *self._dense("out", self.shape(*x).shape[-1], whole, self.out_bias),
        )

    def _dense(self, name: str, units: int, features: int, bias: bool) -> tuple[Weight, ...]:
        weight = Weight(f"{name}.weight", (units, features), self.init)
        return (weight, Weight(f"{name}.bias", (units,), self.bias_init)) if bias else (weight,)

    def macs(self, *x: Tensor) -> int:
        q, k, v = self.three(*x)
        kernels = [w.size for w in self.weights(*x) if w.name.endswith("weight")]
        read = (q, k, v, *((q,) if self.gate else ()), q)
        dense = sum(int(t.shape[0]) * n for t, n in zip(read, kernels, strict=True))
        return dense + self.inner.macs(*self._projected(*x))
