"""Attention and rotary positions in NumPy, place by place and head by head."""

from __future__ import annotations

import math
from types import SimpleNamespace
from typing import Any

import numpy as np
from reference_functions import Array, Reference


def heads_of(x: Array, count: int) -> Array:
    """[B, heads, T, features]."""
    return x.reshape(*x.shape[:2], count, -1).transpose(0, 2, 1, 3)


def slopes(heads: int) -> list[float]:
    """As the authors' program has them: of other numbers than powers of two, every second one of
    twice as many."""
    if math.log2(heads).is_integer():
        return [2 ** (-8 * (i + 1) / heads) for i in range(heads)]
    whole = 2 ** math.floor(math.log2(heads))
    return slopes(whole) + slopes(2 * whole)[0::2][: heads - whole]


def attention(op: Any, x: list[Array], w: Any) -> Array:
    """Behind q, k and v: a bias or a mask."""
    groups = op.kv_heads or op.heads
    q, k, v = heads_of(x[0], op.heads), heads_of(x[1], groups), heads_of(x[2], groups)
    scale = 1 / math.sqrt(q.shape[-1]) if op.scale is None else op.scale
    y = np.zeros((*q.shape[:3], v.shape[-1]))
    for b, h, t in np.ndindex(*q.shape[:3]):
        g = h * groups // op.heads
        scores = k[b, g] @ q[b, h, t] * scale
        apart = t - np.arange(k.shape[2])
        if op.alibi:
            scores = scores - slopes(op.heads)[h] * abs(apart)
        for beside in x[3:]:
            row = (beside[b] if beside.ndim == 3 else beside[b, h % beside.shape[1]])[t]
            scores = np.where(row, scores, -np.inf) if row.dtype == bool else scores + row
        if op.causal:
            scores = np.where(apart < 0, -np.inf, scores)
        if op.window:
            scores = np.where(abs(apart) >= op.window, -np.inf, scores)
        weights = np.exp(scores - scores.max())
        y[b, h, t] = weights / weights.sum() @ v[b, g]
    return y.transpose(0, 2, 1, 3).reshape(*y.shape[:1], y.shape[2], -1)


def rotary(op: Any, x: list[Array], w: Any) -> Array:
    """A pair of features is a complex number, which a power of i turns."""
    z = x[0].reshape(*x[0].shape[:2], op.heads, -1)
    n = op.features or z.shape[-1]
    first, second = (slice(0, n, 2), slice(1, n, 2)) if op.interleaved else (
        slice(n // 2), slice(n // 2, n)
    )  # fmt: skip
    places = x[1] if len(x) > 1 else np.arange(z.shape[1])[None]
    angle = places[..., None] * op.theta ** (-2 * np.arange(n // 2) / n)
    turned = (z[..., first] + 1j * z[..., second]) * np.exp(1j * angle)[:, :, None]
    y = z.copy()
    y[..., first], y[..., second] = turned.real, turned.imag
    return y.reshape(x[0].shape)


def multi_head(op: Any, x: list[Array], w: Any) -> Array:
    """The Dense before and behind it are matrices; what stands beside follows q, k and v."""
    beside = x[-1:] if x[-1].ndim == 4 else []
    count = len(x) - len(beside)
    q, k, v = x[0], x[min(1, count - 1)], x[count - 1]

    def dense(name: str, t: Array) -> Array:
        return t @ w[f"{name}.weight"].T + w.get(f"{name}.bias", 0.0)

    gate = 1 / (1 + np.exp(-dense("gate", q))) if op.gate else 1.0
    q, k, v = dense("query", q), dense("key", k), dense("value", v)
    if op.rotary:
        turn = SimpleNamespace(theta=op.theta, features=None, interleaved=False)
        turn.heads = op.heads
        q = rotary(turn, [q], w)
        turn.heads = op.inner.groups
        k = rotary(turn, [k], w)
    return dense("out", attention(op.inner, [q, k, v, *beside], w) * gate)


ATTENTION: dict[str, Reference] = {"Attention": attention, "Rotary": rotary}
ATTENTION["MultiHeadAttention"] = multi_head
