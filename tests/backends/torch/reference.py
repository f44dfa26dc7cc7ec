"""What each op computes, written out in NumPy from the formulas of its manual page.

`reference(op, x, w)` takes the inputs with the batch in front and the weights by name, in float64,
in evaluation mode; it gives the outputs in order.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from reference_attention import ATTENTION
from reference_functions import FUNCTIONS, each
from reference_places import PLACES
from reference_windows import WINDOWS, Array, Reference, Weights, kernel_of

from dlspec.expr import fixed
from dlspec.ops import FAMILIES


def sigmoid(x: Array) -> Array:
    return 1 / (1 + np.exp(-x))


erf = np.vectorize(math.erf, otypes=[float])


def batch_norm(op: Any, x: list[Array], w: Weights) -> Array:
    axis = (op.axis or 0) % (x[0].ndim - 1) + 1
    to = [1] * x[0].ndim
    to[axis] = -1
    if op.running_stats:
        mean, var = w["running_mean"].reshape(to), w["running_var"].reshape(to)
    else:
        others = tuple(a for a in range(x[0].ndim) if a != axis)
        mean, var = x[0].mean(others, keepdims=True), x[0].var(others, keepdims=True)
    y = (x[0] - mean) / np.sqrt(var + op.eps)
    y = y * w["weight"].reshape(to) if op.scale else y
    return y + w["bias"].reshape(to) if op.bias else y


def group_norm(op: Any, x: list[Array], w: Weights) -> Array:
    """InstanceNorm is that of one channel in each group, unless it keeps running averages."""
    if getattr(op, "running_stats", False):
        return batch_norm(op, x, w)
    y = np.moveaxis(x[0], (op.axis or 0) % (x[0].ndim - 1) + 1, 1)
    parts = y.reshape(len(y), getattr(op, "groups", y.shape[1]), -1)
    off = parts - parts.mean(-1, keepdims=True)
    y = (off / np.sqrt((off**2).mean(-1, keepdims=True) + op.eps)).reshape(y.shape)
    to = (-1, *[1] * (y.ndim - 2))
    y = y * w["weight"].reshape(to) if op.scale else y
    y = y + w["bias"].reshape(to) if op.bias else y
    return np.moveaxis(y, 1, (op.axis or 0) % (x[0].ndim - 1) + 1)


def local_response_norm(op: Any, x: list[Array], w: Weights) -> Array:
    y = np.empty_like(x[0])
    for c in range(x[0].shape[1]):
        near = x[0][:, max(c - op.size // 2, 0) : c + (op.size - 1) // 2 + 1]
        mean = (near**2).sum(1) / op.size
        y[:, c] = x[0][:, c] / (op.k + op.alpha * mean) ** op.beta
    return y


def rms_norm(op: Any, x: list[Array], w: Weights) -> Array:
    axes = over(op, x[0])
    y = x[0] / np.sqrt((x[0] ** 2).mean(axes, keepdims=True) + op.eps)
    to = [n if a in axes else 1 for a, n in enumerate(x[0].shape)]
    return y * w["weight"].reshape(to) if op.scale else y


def normalized(op: Any, x: list[Array], w: Weights) -> Array:
    axes = over(op, x[0])
    if op.p == "inf":
        length = np.abs(x[0]).max(axes, keepdims=True)
    else:
        length = (np.abs(x[0]) ** op.p).sum(axes, keepdims=True) ** (1 / op.p)
    return x[0] / np.maximum(length, op.eps)


def over(op: Any, x: Array) -> tuple[int, ...]:
    """The axes of a batch that an op normalises over."""
    given = (-1,) if op.axis is None else op.axis if isinstance(op.axis, tuple) else (op.axis,)
    return tuple(sorted(a % (x.ndim - 1) + 1 for a in given))


def layer_norm(op: Any, x: list[Array], w: Weights) -> Array:
    axes = over(op, x[0])
    mean = x[0].mean(axes, keepdims=True)
    y = (x[0] - mean) / np.sqrt(((x[0] - mean) ** 2).mean(axes, keepdims=True) + op.eps)
    to = [n if a in axes else 1 for a, n in enumerate(x[0].shape)]
    y = y * w["weight"].reshape(to) if op.scale else y
    return y + w["bias"].reshape(to) if op.bias else y


def bag(op: Any, x: list[Array], w: Weights) -> Array:
    """Each bag by itself."""
    ids = x[0].astype(int)
    scale = x[1] if len(x) > 1 else np.ones(ids.shape)
    made = np.zeros((*ids.shape[:-1], op.dim))
    for at in np.ndindex(ids.shape[:-1]):
        real = [i for i, n in enumerate(ids[at]) if n != op.padding_id]
        rows = w["weight"][ids[at][real]] * scale[at][real][:, None]
        if real:
            made[at] = getattr(rows, op.mode)(0)
    return made


def mixture(op: Any, x: list[Array], w: Weights) -> Array:
    """Each choice adds what its expert made, if there is one of that number."""
    *experts, index, gate = x
    made = np.zeros(experts[0].shape)
    for *token, k in np.ndindex(index.shape):
        at = tuple(token)
        if 0 <= index[(*at, k)] < len(experts):
            made[at] += gate[(*at, k)] * experts[int(index[(*at, k)])][at]
    return made


def flatten(op: Any, x: list[Array], w: Weights) -> Array:
    if op.axis is None:
        return x[0].reshape(len(x[0]), -1)
    axes = over(op, x[0])
    return x[0].reshape(*x[0].shape[: axes[0]], -1, *x[0].shape[axes[-1] + 1 :])


def dense(op: Any, x: list[Array], w: Weights) -> Array:
    axis = (-1 if op.axis is None else op.axis) % (x[0].ndim - 1) + 1
    y = np.moveaxis(x[0], axis, -1) @ kernel_of(op, w).T
    return np.moveaxis(y + w["bias"] if op.bias else y, -1, axis)


def prelu(op: Any, x: list[Array], w: Weights) -> Array:
    to = [1] * x[0].ndim
    to[(op.axis or 0) % (x[0].ndim - 1) + 1] = -1
    return np.where(x[0] > 0, x[0], w["weight"].reshape(to) * x[0])


def softmax(op: Any, x: list[Array], w: Weights) -> Array:
    axis = (-1 if op.axis is None else op.axis) % (x[0].ndim - 1) + 1
    e = np.exp(x[0] - x[0].max(axis, keepdims=True))
    return e / e.sum(axis, keepdims=True)


def gelu(op: Any, x: list[Array], w: Weights) -> Array:
    if op.approximate == "tanh":
        inner = math.sqrt(2 / math.pi) * (x[0] + 0.044715 * x[0] ** 3)
        return 0.5 * x[0] * (1 + np.tanh(inner))
    return x[0] * 0.5 * (1 + erf(x[0] / math.sqrt(2)))


def along(f: Callable[[Array], Array]) -> Reference:
    """A function of the numbers on the op's axis, which it gets as the last one."""

    def run(op: Any, x: list[Array], w: Weights) -> Array:
        axis = (-1 if op.axis is None else op.axis) % (x[0].ndim - 1) + 1
        return np.moveaxis(f(np.moveaxis(x[0], axis, -1)), -1, axis)

    return run


def log_softmax(x: Array) -> Array:
    x = x - x.max(-1, keepdims=True)
    return x - np.log(np.exp(x).sum(-1, keepdims=True))


def sparsemax(x: Array) -> Array:
    """The t for which max(x - t, 0) adds to 1, by halving the interval that holds it."""
    low, high = x.min(-1, keepdims=True) - 1, x.max(-1, keepdims=True)
    for _ in range(80):
        t = (low + high) / 2
        above = np.maximum(x - t, 0).sum(-1, keepdims=True) > 1
        low, high = np.where(above, t, low), np.where(above, high, t)
    return np.maximum(x - high, 0)


def glu(x: Array) -> Array:
    a, b = np.split(x, 2, -1)
    return a * sigmoid(b)


def maxout(op: Any, x: list[Array], w: Weights) -> Array:
    def groups(v: Array) -> Array:
        starts = range(0, v.shape[-1], op.pieces)
        return np.stack([v[..., i : i + op.pieces].max(-1) for i in starts], -1)

    return along(groups)(op, x, w)


def selu(x: Array) -> Array:
    alpha, scale = 1.6732632423543772, 1.0507009873554805
    return scale * np.where(x > 0, x, alpha * np.expm1(x))


def celu(op: Any, x: list[Array], w: Weights) -> Array:
    negative = op.alpha * np.expm1(np.minimum(x[0], 0) / op.alpha)
    return np.maximum(x[0], 0) + np.minimum(0, negative)


def softplus(op: Any, x: list[Array], w: Weights) -> Array:
    linear = op.beta * x[0] > op.threshold
    return np.where(linear, x[0], np.log1p(np.exp(op.beta * x[0])) / op.beta)


def soft_shrink(op: Any, x: list[Array], w: Weights) -> Array:
    return np.sign(x[0]) * np.maximum(np.abs(x[0]) - op.threshold, 0)


def hard_sigmoid(x: Array) -> Array:
    return np.clip(x / 6 + 0.5, 0, 1)


OF_STEPS: dict[str | None, Callable[[Array], Array]] = {
    None: lambda x: x,
    "tanh": np.tanh,
    "relu": lambda x: np.maximum(x, 0),
    "sigmoid": sigmoid,
    "hard_sigmoid": hard_sigmoid,
    "softsign": lambda x: x / (1 + np.abs(x)),
    "elu": lambda x: np.where(x > 0, x, np.expm1(np.minimum(x, 0))),
    "selu": lambda x: (
        1.0507009873554805 * np.where(x > 0, x, 1.6732632423543772 * np.expm1(np.minimum(x, 0)))
    ),
    "silu": lambda x: x * sigmoid(x),
}


def lstm_step(op: Any, gates: Array, u: Array, h: Array, c: Array, p: Any) -> tuple[Array, Array]:
    act, gate = OF_STEPS[op.activation], OF_STEPS[op.recurrent_activation]
    i, f, g, o = np.split(gates + h @ u.T, 4, -1)
    c = gate(f) * c + gate(i) * act(g)
    h = gate(o) * act(c)
    return (h if p is None else h @ p.T), c


def reset_before_step(op: Any, gates: Array, u: Array, h: Array) -> Array:
    act, gate = OF_STEPS[op.activation], OF_STEPS[op.recurrent_activation]
    r, z, g = np.split(gates, 3, -1)
    ur, uz, ug = np.split(u, 3)
    r, z = gate(r + h @ ur.T), gate(z + h @ uz.T)
    return (1 - z) * act(g + (r * h) @ ug.T) + z * h


def gru_step(op: Any, gates: Array, u: Array, h: Array, d: Array | float) -> Array:
    act, gate = OF_STEPS[op.activation], OF_STEPS[op.recurrent_activation]
    ri, zi, gi = np.split(gates, 3, -1)
    rh, zh, gh = np.split(h @ u.T + d, 3, -1)
    r, z = gate(ri + rh), gate(zi + zh)
    return (1 - z) * act(gi + r * gh) + z * h


def first(given: list[Array], index: int, features: int, y: Array) -> Array:
    """The first state of one layer and direction: 0 where none is given."""
    if not given:
        return np.zeros((len(y), features))
    return given[0][:, index] if given[0].ndim == 3 else given[0]


def merged(op: Any, ways: list[Array]) -> list[Array]:
    """The outputs of one direction or two, as they go together."""
    how = getattr(op, "merge", "concat")
    if how is None:
        return ways
    if how == "concat":
        return [np.concatenate(ways, -1)]
    return [np.prod(ways, 0) if how == "mul" else sum(ways) / (2 if how == "ave" else 1)]


def recurrent(op: Any, x: list[Array], w: Weights) -> list[Array]:
    """`x` holds the sequence, then the first states that are given, by `op.named`'s order."""
    lstm = "LSTM" in op.kind()
    ways = ("", "_reverse") if op.kind().startswith("Bi") else ("",)
    y = x[0]
    hs, cs = [], []
    for layer in range(op.layers):
        out = []
        for way in ways:
            place = f"_l{layer}{way}"
            bias = w.get(f"bias_ih{place}", 0.0)
            gates = y @ w[f"weight_ih{place}"].T + bias
            h = first(x[1:2], len(hs), int(op.carried), y)
            c = first(x[2:3], len(hs), int(op.units), y)
            steps = []
            order = range(y.shape[1]) if not way else reversed(range(y.shape[1]))
            for t in order:
                u = w[f"weight_hh{place}"]
                if lstm:
                    h, c = lstm_step(op, gates[:, t], u, h, c, w.get(f"weight_hr{place}"))
                elif "RNN" in op.kind():
                    h = OF_STEPS[op.activation](gates[:, t] + h @ u.T)
                elif op.reset == "before":
                    h = reset_before_step(op, gates[:, t], u, h)
                else:
                    h = gru_step(op, gates[:, t], u, h, w.get(f"bias_hh{place}", 0.0))
                steps.append(h)
            out.append(np.stack(steps if not way else steps[::-1], 1))
            hs.append(h)
            cs.append(c)
        y = np.concatenate(out, -1)
    states = [hs, cs] if lstm else [hs]
    several = len(hs) > 1
    found = {
        "last": merged(op, hs[-len(ways) :]),
        "all": merged(op, out),
        "state": [np.stack(s, 1) if several else s[0] for s in states],
    }
    return [t for kind in op.returns for t in found[kind]]


def concat(op: Any, x: list[Array], w: Weights) -> Array:
    return np.concatenate(x, (op.axis or 0) % (x[0].ndim - 1) + 1)


def reshape(op: Any, x: list[Array], w: Weights) -> Array:
    dims = [int(n) if fixed(n) else -1 for n in op.dims]
    return np.stack([row.reshape(dims) for row in x[0]])


def rearrange(op: Any, x: list[Array], w: Weights) -> Array:
    """Every name an axis of its own, then all of them in the order of the right side."""
    before, after = op.pattern.before, op.pattern.after
    sizes = dict(op.given)
    for axis, places in zip(before, x[0].shape[1:], strict=True):
        known = math.prod(sizes.get(n, 1) for n in axis)
        sizes |= {n: places // known for n in axis if n not in sizes}
    names = [n for axis in before for n in axis]
    apart = x[0].reshape(-1, *(sizes[n] for n in names))
    moved = apart.transpose(0, *(1 + names.index(n) for axis in after for n in axis))
    return moved.reshape(-1, *(math.prod(sizes[n] for n in axis) for axis in after))


def brackets(op: Any, x: list[Array], w: Weights) -> Array:
    """NumPy's own indexing, behind the batch."""
    items = [slice(*i) if isinstance(i, tuple) else ... if i == "..." else i for i in op.at]
    return np.stack([row[tuple(items)] for row in x[0]])


def gathered(op: Any, x: list[Array], w: Weights) -> Array:
    """Each example by itself."""
    return np.stack([row[at.astype(int)] for row, at in zip(*x, strict=True)])


def own(op: Any, x: list[Array], w: Weights) -> Array:
    """Once for all examples."""
    return np.asarray(w[""] if w else op.value)[None]


def pieces(op: Any, x: list[Array], w: Weights) -> list[Array]:
    ends = np.cumsum(op.parts)[:-1] if isinstance(op.parts, tuple) else op.parts
    return list(np.split(x[0], ends, 1 + op.place % (x[0].ndim - 1)))


REFERENCES: dict[str, Reference] = {
    "Split": pieces,
    "Transposed": lambda op, x, w: x[0] @ (w["weight"].T if op.of == "Embedding" else w["weight"]),
    "range": lambda op, x, w: np.arange(op.start, op.stop, op.step)[None],
    "Parameter": own,
    "Buffer": own,
    "Dense": dense,
    **WINDOWS,
    **PLACES,
    "BatchNorm": batch_norm,
    "GroupNorm": group_norm,
    "InstanceNorm": group_norm,
    "LocalResponseNorm": local_response_norm,
    "LayerNorm": layer_norm,
    "RMSNorm": rms_norm,
    "Normalize": normalized,
    "ReLU": each(lambda x: np.maximum(x, 0)),
    "LeakyReLU": lambda op, x, w: np.where(x[0] > 0, x[0], op.slope * x[0]),
    "PReLU": prelu,
    "Sigmoid": each(sigmoid),
    "Tanh": each(np.tanh),
    "Softmax": softmax,
    "GELU": gelu,
    "SiLU": each(lambda x: x * sigmoid(x)),
    "HardSwish": each(lambda x: x * np.minimum(np.maximum(x + 3, 0), 6) / 6),
    "Identity": each(lambda x: x),
    "LogSoftmax": along(log_softmax),
    "Softmin": along(lambda x: np.exp(-x) / np.exp(-x).sum(-1, keepdims=True)),
    "Sparsemax": along(sparsemax),
    "GLU": along(glu),
    "Maxout": maxout,
    "RReLU": lambda op, x, w: np.where(x[0] > 0, x[0], (op.low + op.high) / 2 * x[0]),
    "ELU": lambda op, x, w: np.where(x[0] > 0, x[0], op.alpha * np.expm1(x[0])),
    "SELU": each(selu),
    "CELU": celu,
    "Softplus": softplus,
    "Squareplus": lambda op, x, w: (x[0] + np.sqrt(x[0] ** 2 + op.b)) / 2,
    "Softsign": each(lambda x: x / (1 + np.abs(x))),
    "Mish": each(lambda x: x * np.tanh(np.log1p(np.exp(x)))),
    "LogSigmoid": each(lambda x: -np.log1p(np.exp(-x))),
    "TanhShrink": each(lambda x: x - np.tanh(x)),
    "ReLU6": each(lambda x: np.clip(x, 0, 6)),
    "HardSigmoid": each(lambda x: np.clip(x + 3, 0, 6) / 6),
    "HardTanh": lambda op, x, w: np.clip(x[0], op.low, op.high),
    "HardShrink": lambda op, x, w: np.where(np.abs(x[0]) > op.threshold, x[0], 0),
    "SoftShrink": soft_shrink,
    "Threshold": lambda op, x, w: np.where(x[0] > op.threshold, x[0], op.value),
    "SparsePlus": each(lambda x: np.select([x <= -1, x < 1], [0 * x, (x + 1) ** 2 / 4], x)),
    "SparseSigmoid": each(lambda x: np.clip((x + 1) / 2, 0, 1)),
    **dict.fromkeys(FAMILIES["regularize"].split(), each(lambda x: x)),
    "Flatten": flatten,
    "Reshape": reshape,
    "Rearrange": rearrange,
    "Concat": concat,
    "EmbeddingBag": bag,
    "Experts": mixture,
    "Embedding": lambda op, x, w: w["weight"][x[0].astype(int)],
    "SimpleRNN": recurrent,
    "BiSimpleRNN": recurrent,
    "LSTM": recurrent,
    "BiLSTM": recurrent,
    "GRU": recurrent,
    "BiGRU": recurrent,
    "getitem": brackets,
    "gather": gathered,
    **ATTENTION,
    **FUNCTIONS,
}

ACTIVATIONS = {
    **{"relu": "ReLU", "leaky_relu": "LeakyReLU", "sigmoid": "Sigmoid", "tanh": "Tanh"},
    **{"gelu": "GELU", "silu": "SiLU", "hard_swish": "HardSwish", "elu": "ELU", "selu": "SELU"},
    **{"celu": "CELU", "softplus": "Softplus", "squareplus": "Squareplus", "mish": "Mish"},
    **{"softsign": "Softsign", "log_sigmoid": "LogSigmoid", "tanh_shrink": "TanhShrink"},
    **{"relu6": "ReLU6", "hard_sigmoid": "HardSigmoid", "hard_tanh": "HardTanh"},
    **{"hard_shrink": "HardShrink", "soft_shrink": "SoftShrink", "sparse_plus": "SparsePlus"},
    "threshold": "Threshold",
    **{"sparse_sigmoid": "SparseSigmoid", "softmax": "Softmax", "log_softmax": "LogSoftmax"},
    **{"softmin": "Softmin", "sparsemax": "Sparsemax", "glu": "GLU", "maxout": "Maxout"},
}
"""Functions that are computed as a layer."""

REFERENCES |= {function: REFERENCES[layer] for function, layer in ACTIVATIONS.items()}
