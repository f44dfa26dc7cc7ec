"""Convolution and pooling, written out in NumPy from the formulas of their manual pages."""

from __future__ import annotations

import math
from collections.abc import Callable
from itertools import product
from typing import Any

import numpy as np

Array = np.ndarray
Weights = dict[str, Array]
Reference = Callable[[Any, list[Array], Weights], Any]


def pads(op: Any, x: Array) -> list[tuple[int, int]]:
    """`same` by its definition: ceil(n / stride) places, the surplus at the end."""
    if op.padding == "same":
        found = []
        for n, span, stride in zip(x.shape[2:], op.spans, op.strides, strict=True):
            short = max((math.ceil(n / stride) - 1) * stride + span - n, 0)
            found.append((short // 2, short - short // 2))
        return found
    if op.padding == "causal":
        return [(op.spans[0] - 1, 0)]
    given = 0 if op.padding == "valid" else op.padding
    if not isinstance(given, tuple):
        given = (given,) * op.places
    elif op.places == 1:
        given = (given,)
    return [p if isinstance(p, tuple) else (p, p) for p in given]


def windows(op: Any, x: Array, fill: float) -> tuple[Array, Array, Array]:
    """Each window's elements [B, C, *out, *kernel], which of them are of the input, and which are
    of the input or of its padding: with `ceil_mode`, a last window may reach over both."""
    out, edges, over = [], [(0, 0), (0, 0)], [(0, 0), (0, 0)]
    for n, (before, after), span, stride in zip(
        x.shape[2:], pads(op, x), op.spans, op.strides, strict=True
    ):
        steps = (n + before + after - span) / stride
        count = math.floor(steps) + 1
        if getattr(op, "ceil_mode", False):
            count = math.ceil(steps) + 1
            count -= (count - 1) * stride >= n + before
        out.append(count)
        edges.append((before, after))
        over.append((0, max(0, (count - 1) * stride + span - n - before - after)))
    padded = np.pad(np.ones_like(x), edges)
    inside = np.pad(np.ones_like(padded), over)
    wide = np.pad(np.pad(x, edges, constant_values=fill), over, constant_values=fill)
    cut = np.empty((3, *x.shape[:2], *out, *op.kernels))
    for at in product(*map(range, out)):
        for k in product(*map(range, op.kernels)):
            place = tuple(
                a * s + i * d for a, s, i, d in zip(at, op.strides, k, op.dilations, strict=True)
            )
            for found, source in zip(cut, (wide, np.pad(padded, over), inside), strict=True):
                found[(slice(None), slice(None), *at, *k)] = source[(..., *place)]
    return cut[0], cut[1], cut[2]


def convolved(op: Any, x: Array, kernel: Array) -> Array:
    cut, _, _ = windows(op, x, 0.0)
    groups = x.shape[1] // kernel.shape[1]
    per_group = kernel.shape[0] // groups
    taken = kernel.shape[1]
    out = []
    for o in range(kernel.shape[0]):
        g = o // per_group
        part = cut[:, g * taken : (g + 1) * taken]
        moved = np.moveaxis(part, 1, 1 + op.places)
        out.append((moved * kernel[o]).sum(tuple(range(-op.places - 1, 0))))
    return np.stack(out, 1)


def biased(op: Any, y: Array, w: Weights, name: str = "bias") -> Array:
    return y + w[name].reshape(-1, *[1] * op.places) if op.bias else y


def kernel_of(op: Any, w: Weights) -> Array:
    """The kernel in its norm: each output's part of a length, or all by the singular value."""
    if op.norm is None:
        return w["weight"]
    at, axis = "parametrizations.weight.", int("Transpose" in op.kind())
    if op.norm == "weight":
        v = w[at + "original1"]
        others = tuple(a for a in range(v.ndim) if a != axis)
        return w[at + "original0"] * v / np.sqrt((v**2).sum(others, keepdims=True))
    v = w[at + "original"]
    rows = np.stack([v.take(o, axis).reshape(-1) for o in range(v.shape[axis])])
    return v / (w[at + "0._u"] @ rows @ w[at + "0._v"])


def conv(op: Any, x: list[Array], w: Weights) -> Array:
    return biased(op, convolved(op, x[0], kernel_of(op, w)), w)


def separable(op: Any, x: list[Array], w: Weights) -> Array:
    between = convolved(op, x[0], w["depthwise.weight"])
    mixed = np.einsum(
        "oc,bc...->bo...", w["pointwise.weight"].reshape(int(op.channels), -1), between
    )
    return biased(op, mixed, w, "pointwise.bias")


def transposed(op: Any, x: list[Array], w: Weights) -> Array:
    """Each place adds its kernel to the output, `stride` further on than the one before."""
    sizes, kernel = x[0].shape[2:], kernel_of(op, w)
    groups = int(op.groups)
    strides, dilations = (each(op, v) for v in (op.stride, op.dilation))
    spans = [(k - 1) * d + 1 for k, d in zip(kernel.shape[2:], dilations, strict=True)]
    whole = [(n - 1) * s + span for n, s, span in zip(sizes, strides, spans, strict=True)]
    y = np.zeros((len(x[0]), groups, kernel.shape[1], *whole))
    inputs = x[0].reshape(len(x[0]), groups, -1, *sizes)
    taken = kernel.reshape(groups, -1, *kernel.shape[1:])
    for at in product(*map(range, sizes)):
        for k in product(*map(range, kernel.shape[2:])):
            to = (a * s + i * d for a, s, i, d in zip(at, strides, k, dilations, strict=True))
            added = np.einsum("bgi,gio->bgo", inputs[(..., *at)], taken[(..., *k)])
            y[(..., *to)] += added
    y = y.reshape(len(y), -1, *whole)
    for axis, (n, size) in enumerate(zip(sizes, whole, strict=True)):
        if op.padding == "same":
            before = max(size - n * strides[axis], 0)
            before, end = before // 2, before // 2 + n * strides[axis]
        else:
            before, after = pads(op, x[0])[axis]
            end = size - after + each(op, op.output_padding)[axis]
        longer = np.pad(
            y, [(0, max(end - size, 0)) if a == axis + 2 else (0, 0) for a in range(y.ndim)]
        )
        y = longer.take(range(before, end), axis + 2)
    return biased(op, y, w)


def each(op: Any, value: Any) -> tuple[int, ...]:
    return value if isinstance(value, tuple) else (value,) * op.places


def max_pool(op: Any, x: list[Array], w: Weights) -> Any:
    cut, _, _ = windows(op, x[0], -np.inf)
    numbers = np.arange(math.prod(x[0].shape[2:])).reshape(1, 1, *x[0].shape[2:])
    at, _, _ = windows(op, np.broadcast_to(numbers, x[0].shape).astype(float), -1.0)
    cut, at = (c.reshape(*c.shape[: -op.places], -1) for c in (cut, at))
    best = cut.argmax(-1)[..., None]
    made = {"values": cut.max(-1), "places": np.take_along_axis(at, best, -1)[..., 0]}
    given = [made[r] for r in op.returns]
    return given[0] if len(given) == 1 else given


def max_unpool(op: Any, x: list[Array], w: Weights) -> Array:
    values, places = x
    strides = each(op, op.stride or op.kernel)
    if op.size is not None:
        size = each(op, op.size)
    elif op.padding == "same":
        size = tuple(n * s for n, s in zip(values.shape[2:], strides, strict=True))
    else:
        ends = [sum(p) for p in pads(op, values)]
        axes = zip(values.shape[2:], strides, each(op, op.kernel), ends, strict=True)
        size = tuple((n - 1) * s + k - end for n, s, k, end in axes)
    y = np.zeros((*values.shape[:2], math.prod(size)))
    for b, c in np.ndindex(values.shape[:2]):
        flat = places[b, c].reshape(-1).astype(int)
        for place in set(flat.tolist()):
            y[b, c, place] = values[b, c].reshape(-1)[flat == place].mean()
    return y.reshape(*values.shape[:2], *size)


def avg_pool(op: Any, x: list[Array], w: Weights) -> Array:
    cut, real, inside = windows(op, x[0], 0.0)
    ends = tuple(range(-op.places, 0))
    if op.divisor is not None:
        return cut.sum(ends) / op.divisor
    return cut.sum(ends) / (inside if op.count_include_pad else real).sum(ends)


def lp_pool(op: Any, x: list[Array], w: Weights) -> Array:
    cut, _, _ = windows(op, x[0], 0.0)
    return (np.abs(cut) ** op.p).sum(tuple(range(-op.places, 0))) ** (1 / op.p)


def unfolded(op: Any, x: list[Array], w: Weights) -> Array:
    cut, _, _ = windows(op, x[0], 0.0)
    places = cut.shape[2 : 2 + op.places]
    return np.moveaxis(cut.reshape(*cut.shape[:2], *places, -1), -1, 2).reshape(
        len(cut), -1, *places
    )


def folded(op: Any, x: list[Array], w: Weights) -> Array:
    """Each number of a window added where it came from; the padding is cut off at the end."""
    sizes, kernel = each(op, op.size), each(op, op.kernel)
    around = pads(op, np.empty((1, 1, *sizes)))
    parts = x[0].reshape(len(x[0]), -1, *kernel, *x[0].shape[2:])
    whole = np.zeros((*parts.shape[:2], *(n + sum(p) for n, p in zip(sizes, around, strict=True))))
    for k in product(*map(range, kernel)):
        for at in product(*map(range, x[0].shape[2:])):
            steps = zip(at, each(op, op.stride), k, each(op, op.dilation), strict=True)
            whole[(..., *(a * s + i * d for a, s, i, d in steps))] += parts[(..., *k, *at)]
    return whole[(..., *(slice(b, b + n) for n, (b, _) in zip(sizes, around, strict=True)))]


def adaptive(reduce: Callable[..., Array]) -> Reference:
    """Window i of s from floor(i n / s) up to ceil((i + 1) n / s), on every axis."""

    def run(op: Any, x: list[Array], w: Weights) -> Array:
        counts, sizes = each(op, op.size), x[0].shape[2:]
        y = np.empty((*x[0].shape[:2], *counts))
        for at in product(*map(range, counts)):
            window = tuple(
                slice(math.floor(i * n / s), math.ceil((i + 1) * n / s))
                for i, n, s in zip(at, sizes, counts, strict=True)
            )
            part = x[0][(..., *window)]
            y[(..., *at)] = reduce(part, tuple(range(2, part.ndim)))
        return y

    return run


def whole(reduce: Callable[..., Array]) -> Reference:
    return lambda op, x, w: reduce(x[0], tuple(range(2, x[0].ndim)), keepdims=op.keepdims)


WINDOWS: dict[str, Reference] = {
    "Conv1D": conv,
    "Conv2D": conv,
    "Conv3D": conv,
    "DepthwiseConv1D": conv,
    "DepthwiseConv2D": conv,
    "SeparableConv1D": separable,
    "SeparableConv2D": separable,
    "ConvTranspose1D": transposed,
    "ConvTranspose2D": transposed,
    "ConvTranspose3D": transposed,
    "MaxPool1D": max_pool,
    "AvgPool1D": avg_pool,
    "MaxPool2D": max_pool,
    "AvgPool2D": avg_pool,
    "MaxPool3D": max_pool,
    "AvgPool3D": avg_pool,
    "LPPool1D": lp_pool,
    "LPPool2D": lp_pool,
    "LPPool3D": lp_pool,
    **dict.fromkeys(("MaxUnpool1D", "MaxUnpool2D", "MaxUnpool3D"), max_unpool),
    "Unfold1D": unfolded,
    "Unfold2D": unfolded,
    "Fold1D": folded,
    "Fold2D": folded,
    "AdaptiveAvgPool1D": adaptive(np.mean),
    "AdaptiveMaxPool1D": adaptive(np.max),
    "AdaptiveAvgPool2D": adaptive(np.mean),
    "AdaptiveMaxPool2D": adaptive(np.max),
    "AdaptiveAvgPool3D": adaptive(np.mean),
    "AdaptiveMaxPool3D": adaptive(np.max),
    "GlobalAvgPool1D": whole(np.mean),
    "GlobalMaxPool1D": whole(np.max),
    "GlobalAvgPool2D": whole(np.mean),
    "GlobalMaxPool2D": whole(np.max),
    "GlobalAvgPool3D": whole(np.mean),
    "GlobalMaxPool3D": whole(np.max),
}
