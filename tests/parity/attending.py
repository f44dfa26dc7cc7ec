"""Random configurations of attention: sizes that fit each other, which chance would not find."""

from __future__ import annotations

import numpy as np
from cases import Case

Rng = np.random.Generator


def attention(rng: Rng) -> Case:
    heads = int(rng.choice([1, 2, 3, 4, 6]))
    divisors = [n for n in range(1, heads + 1) if heads % n == 0]
    groups = int(rng.choice(divisors)) if rng.random() < 0.4 else heads
    t, s, each, width = (int(n) for n in rng.integers(1, 7, 4))
    given = [f"heads={heads}"]
    given += [f"kv_heads={groups}"] if groups != heads or rng.random() < 0.2 else []
    for word, chance in (("causal", 0.4), ("alibi", 0.3)):
        given += [f"{word}=true"] if rng.random() < chance else []
    given += [f"window={rng.integers(1, 7)}"] if rng.random() < 0.3 else []
    s = t if {"causal=true", "alibi=true"} & {*given} or "window" in given[-1] else s
    given += [f"scale={rng.random() + 0.1:.3f}"] if rng.random() < 0.3 else []
    given += [f"dropout={0.9 * rng.random():.1f}"] if rng.random() < 0.3 else []
    beside = [[t, s], [heads, t, s], [1, t, s]][rng.integers(3)]
    named = (("bias", f"f32{beside}"),) if rng.random() < 0.3 else ()
    inputs = (
        f"f32[{t}, {heads * each}]",
        f"f32[{s}, {groups * each}]",
        f"f32[{s}, {groups * width}]",
    )
    return Case("Attention", f"Attention({', '.join(given)})", inputs, named)


def rotary(rng: Rng) -> Case:
    heads, t, pairs = (int(n) for n in rng.integers(1, 6, 3))
    given = [f"heads={heads}"]
    given += [f"theta={10 ** rng.uniform(1, 6):.1f}"] if rng.random() < 0.5 else []
    given += [f"features={2 * rng.integers(1, pairs + 1)}"] if rng.random() < 0.3 else []
    given += ["interleaved=true"] if rng.random() < 0.4 else []
    named = (("positions", f"i32[{t}]"),) if rng.random() < 0.3 else ()
    return Case("Rotary", f"Rotary({', '.join(given)})", (f"f32[{t}, {2 * pairs * heads}]",), named)


def multi_head(rng: Rng) -> Case:
    heads, t, s, each, n, m = (int(i) for i in rng.integers((1, 1, 1, 1, 1, 1), 6))
    groups = int(rng.choice([i for i in range(1, heads + 1) if heads % i == 0]))
    own = rng.random() < 0.5
    given = [f"{heads}", f"kv_heads={groups}"]
    given += [] if own else [f"features={2 * each}"]
    n = 2 * heads * each if own else n
    words = ("causal", "alibi", "rotary") if rng.random() < 0.5 else ("rotary",)
    given += [f"{word}=true" for word in words if rng.random() < 0.4]
    given += [f"scale={rng.random() + 0.1:.3f}"] if rng.random() < 0.3 else []
    given += ["gate=true"] if rng.random() < 0.3 else []
    given += [f"value_features={rng.integers(1, 9)}"] if rng.random() < 0.3 else []
    given += [f"{word}=false" for word in ("bias", "out_bias") if rng.random() < 0.3]
    given += [f"units={rng.integers(1, 9)}"] if rng.random() < 0.3 else []
    given += [f"dropout={0.9 * rng.random():.1f}"] if rng.random() < 0.3 else []
    s = t if len(words) > 1 else s
    inputs = (f"f32[{t}, {n}]", f"f32[{s}, {m}]", f"f32[{s}, {n}]")[: int(rng.integers(1, 4))]
    named = ()
    if rng.random() < 0.3:
        named = (("bias", f"f32[{heads}, {t}, {s if len(inputs) > 1 else t}]"),)
    return Case("MultiHeadAttention", f"MultiHeadAttention({', '.join(given)})", inputs, named)


ATTENDING = {"MultiHeadAttention": multi_head, "Attention": attention, "Rotary": rotary}
