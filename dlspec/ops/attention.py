"""Attention: each place of a sequence reads all places of another one, or of itself."""

from collections.abc import Iterator
from typing import ClassVar

from dlspec.declared import Problem
from dlspec.expr import fixed, product
from dlspec.ops.base import Op, example
from dlspec.ops.fields import Count, Flag, Positive, Rate
from dlspec.ops.rules import floats, same_dtypes
from dlspec.tensor import INTEGERS, Tensor


class Attention(Op):
    """Scaled dot-product attention: softmax(q kᵀ · scale) v, for each head by itself.

    `(q, k, v) -> Attention(heads=8)`: q is [T, n], k [S, m], v [S, o]. Each is cut into heads on
    its last axis, and what the heads read is put together again: [T, n] where v is as wide as k.
    It has no weights: Dense layers before and after it make the projections, or
    MultiHeadAttention has them all. A query has to see at least one key.

    - `heads`: how many parts of q read by themselves.
    - `kv_heads`: how many parts k and v have, each read by heads / kv_heads heads: grouped queries
      (Ainslie et al. 2023), with 1 a single one for all (Shazeer 2019). As many as heads without.
    - `causal`: a place reads itself and what stands before it.
    - `window`: a place reads only what is less than so many places away, on both sides, or before
      it with `causal` (Beltagy et al. 2020).
    - `alibi`: takes from each score its distance, times 2^(-8 i / heads) for head i = 1 ... heads;
      of numbers of heads that are no power of 2, the others lie between (Press et al. 2022).
    - `scale`: 1 / sqrt(features of a head) without.
    - `dropout`: in training, the rate at which weights behind the softmax are set to 0.
    - Input `mask=`: true where a query may read a key, bool[T, S], or [heads, T, S].
    - Input `bias=`: is added to the scores, f32[T, S], or [heads, T, S].
    - Input `lengths=`: how many places of k are read, i32[]; all without.

    MACs: T · S · (n + the width of the output). Vaswani et al. 2017.
    """

    inputs: ClassVar = (3, 3)
    named: ClassVar = ("mask", "bias", "lengths")
    common: ClassVar = ("mask", "bias")
    positional: ClassVar = ("heads",)
    onnx: ClassVar = ("Transpose", "MatMul", "Mul", "Softmax", "Where", "Add")
    tflite: ClassVar = ("TRANSPOSE", "BATCH_MATMUL", "MUL", "SOFTMAX", "SELECT_V2", "ADD")
    examples: ClassVar = (
        example("Attention", "f32[5, 6]", "f32[4, 6]", "f32[4, 3]"),
        example("Attention(2)", "f32[5, 6]", "f32[4, 6]", "f32[4, 8]"),
        example("Attention(heads=2, causal=true)", "f32[5, 6]", "f32[5, 6]", "f32[5, 6]"),
        example(
            "Attention(heads=4, kv_heads=2, causal=true, window=3)",
            *("f32[6, 12]", "f32[6, 6]", "f32[6, 6]"),
        ),
        example("Attention(heads=2, window=2)", "f32[5, 4]", "f32[5, 4]", "f32[5, 4]"),
        example("Attention(heads=3, alibi=true)", "f32[5, 6]", "f32[5, 6]", "f32[5, 6]"),
        example(
            "Attention(heads=2, alibi=true, causal=true)", "f32[5, 6]", "f32[5, 6]", "f32[5, 6]"
        ),
        example("Attention(heads=2, scale=1, dropout=0.1)", "f32[5, 6]", "f32[4, 6]", "f32[4, 6]"),
        example(
            "Attention(heads=2, causal=true, dropout=0.2)", "f32[5, 6]", "f32[5, 6]", "f32[5, 6]"
        ),
        example(
            "Attention(heads=2, causal=true)",
            *("f32[5, 6]", "f32[5, 6]", "f32[5, 6]"),
            bias="f32[2, 5, 5]",
        ),
        example(
            "Attention(heads=2, kv_heads=1)",
            *("f32[5, 6]", "f32[4, 3]", "f32[4, 3]"),
            bias="f32[5, 4]",
        ),
    )

    heads: Count = 1
    kv_heads: Count | None = None
    causal: Flag = False
    window: Count | None = None
    alibi: Flag = False
    scale: Positive | None = None
    dropout: Rate = 0.0

    @classmethod
    def has_object(cls) -> bool:
        """For the sake of its dropout."""
        return True

    @property
    def groups(self) -> int:
        """How many heads k and v have."""
        return self.heads if self.kv_heads is None else self.kv_heads

    @property
    def alike(self) -> bool:
        """Whether it counts places, so that q and k must have the same ones."""
        return self.causal or self.alibi or self.window is not None

    def problems(self, *x: Tensor, **named: Tensor) -> Iterator[Problem]:
        wrong = (*floats("Attention", *x), *same_dtypes("Attention", x), *self._axes(*x))
        yield from wrong
        if wrong:
            return
        yield from self._widths(*x)
        q, k, v = x
        if k.shape[0] != v.shape[0]:
            yield Problem(None, f"k and v must have the same places, got {k} and {v}")
        if self.alike and q.shape[0] != k.shape[0]:
            word = "causal" if self.causal else "alibi" if self.alibi else "window"
            what = f"with {word}=, q and k must have the same places, got {q} and {k}"
            yield Problem(word, what)
        for name, t in named.items():
            if name != "lengths":
                yield from self._beside(name, t, q, k)
            elif t.rank or t.dtype not in INTEGERS:
                what = f"`lengths` is one integer for each example, got {t}"
                yield Problem("lengths", what, "lengths(k) has those of k")

    def _axes(self, *x: Tensor) -> Iterator[Problem]:
        for name, t in zip("qkv", x, strict=True):
            if t.rank != 2:
                what = f"Attention needs [places, features], got {t} for {name}"
                hint = "join the places first: Rearrange([H, W, D] -> [H*W, D])"
                yield Problem(None, what, hint if t.rank == 3 else "")
                return
            if t.image:
                what = f"Attention needs [places, features]: {t} comes straight from convolution"
                hint = "swap the axes first: Rearrange([C, L] -> [L, C])"
                yield Problem(None, f"{what} or pooling", hint)
                return

    def _widths(self, q: Tensor, k: Tensor, v: Tensor) -> Iterator[Problem]:
        heads, groups = int(self.heads), int(self.groups)
        if heads % groups:
            what = f"{heads} heads cannot share {groups} of k and v: heads is no multiple"
            yield Problem("kv_heads", what)
        for name, t, count in (("q", q, heads), ("k", k, groups), ("v", v, groups)):
            if not fixed(t.shape[-1]) or t.shape[-1] % count:
                word = "heads" if name == "q" or self.kv_heads is None else "kv_heads"
                yield Problem(word, f"the features of {name}, {t}, do not make {count} heads")
                return
        each = int(q.shape[-1]) // heads
        if int(k.shape[-1]) // groups != each:
            what = f"q has {each} features in each head, and k {int(k.shape[-1]) // groups}"
            yield Problem(None, f"{what}: {q} and {k}", f"k needs {each * groups} features")

    def _beside(self, name: str, t: Tensor, q: Tensor, k: Tensor) -> Iterator[Problem]:
        places = (q.shape[0], k.shape[0])
        heads = t.shape[:-2] in ((), (1,), (self.heads,))
        fits = t.rank in (2, 3) and heads and all(map(_spreads, t.shape[-2:], places))
        dtype = "bool" if name == "mask" else q.dtype
        if t.dtype != dtype or not fits:
            asked = Tensor(dtype, places)  # type: ignore[arg-type]
            each = Tensor(dtype, (self.heads, *places))  # type: ignore[arg-type]
            yield Problem(name, f"`{name}` must be {asked} or {each}, got {t}")

    def shape(self, *x: Tensor, **named: Tensor) -> Tensor:
        q, _, v = x
        places, width = q.shape[0], int(v.shape[-1]) // int(self.groups)
        if int(q.shape[-1]) == width * self.heads:
            return q.with_shape(places, q.shape[-1])
        if self.groups == self.heads:
            return q.with_shape(places, v.shape[-1])
        return q.with_shape(places, product(self.heads, width))

    def macs(self, *x: Tensor) -> int:
        q, k, v = x
        width = int(v.shape[-1]) // int(self.groups) * int(self.heads)
        return int(q.shape[0]) * int(k.shape[0]) * (int(q.shape[-1]) + width)


def _spreads(size: int, places: int) -> bool:
    return size == places or size == 1


class Rotary(Op):
    """Rotary positions: turns each pair of features of a head by its position · theta^(-2 i / d).

    The shape, [T, n], stays. It stands before Attention, on q and on k: their products then depend
    on the distance alone. Pair i of d / 2 is features i and i + d / 2 of a head, as in Llama and
    GPT-NeoX.

    - `heads`: how many parts the features make, each turned alike.
    - `theta`: the base of the angles.
    - `features`: how many of each head's features, the first ones, are turned: d. All without.
    - `interleaved`: pairs are neighbours, features 2 i and 2 i + 1, as in the paper and GPT-J.
    - Input `positions=`: where each place stands, i32[T] or f32[T]; 0, 1, 2, ... without.

    MACs: 0. Su et al. 2021.
    """

    named: ClassVar = ("positions",)
    common: ClassVar = ("positions",)
    positional: ClassVar = ("heads",)
    onnx: ClassVar = ("Cos", "Sin", "Mul", "Sub", "Add", "Concat")
    tflite: ClassVar = ("COS", "SIN", "MUL", "SUB", "ADD", "CONCATENATION")
    examples: ClassVar = (
        example("Rotary", "f32[5, 6]"),
        example("Rotary(heads=2, theta=500)", "f32[5, 8]"),
        example("Rotary(2, interleaved=true)", "f32[5, 8]"),
        example("Rotary(2, features=2)", "f32[5, 8]"),
        example("Rotary(2, features=2, interleaved=true)", "f32[5, 8]", positions="i32[5]"),
    )

    heads: Count = 1
    theta: Positive = 10000.0
    features: Count | None = None
    interleaved: Flag = False

    def problems(self, *x: Tensor, **named: Tensor) -> Iterator[Problem]:
        yield from floats("Rotary", x[0])
        if x[0].rank != 2 or x[0].image:
            yield Problem(None, f"Rotary needs [places, features], got {x[0]}")
            return
        width, heads = int(x[0].shape[-1]), int(self.heads)
        if not fixed(x[0].shape[-1]) or width % heads:
            yield Problem("heads", f"the features of {x[0]} do not make {heads} heads")
            return
        turned = width // heads if self.features is None else int(self.features)
        if turned % 2:
            word = "features" if self.features is not None else "heads"
            yield Problem(word, f"Rotary turns pairs, and {turned} features of a head are odd")
        elif turned > width // heads:
            what = f"a head of {x[0]} has {width // heads} features, fewer than {turned}"
            yield Problem("features", what)
        for name, t in named.items():
            if t.rank != 1 or t.shape[0] != x[0].shape[0] or t.dtype in ("bool", "class"):
                asked = Tensor("i32", (x[0].shape[0],))
                yield Problem(name, f"`{name}` must be {asked}, got {t}")

    def shape(self, *x: Tensor, **named: Tensor) -> Tensor:
        return x[0].with_shape(*x[0].shape)
