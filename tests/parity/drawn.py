"""Random configurations of an op: arguments from the declared types of its fields, inputs of any
shape; kept where the op's own `problems` has nothing to say."""

from __future__ import annotations

import typing
from math import prod
from typing import Any

import numpy as np
from attending import ATTENDING
from cases import Case
from drawn_functions import DRAWN
from pydantic import PlainValidator
from pydantic.fields import FieldInfo

from dlspec import ops
from dlspec.declared import BadArguments, written
from dlspec.ops import (
    border,
    fields,
    indexing,
    moving,
    pooling,
    positions,
    raw,
    recurrence,
    shape,
    splitting,
    window,
)
from dlspec.ops.base import Op
from dlspec.ops.indexing import gather, getitem
from dlspec.ops.norm import LayerNorm
from dlspec.ops.rearrange import Rearrange
from dlspec.ops.rules import all_axes
from dlspec.ops.tied import Transposed
from dlspec.tensor import Tensor

Rng = np.random.Generator

INTEGERS = frozenset(
    """add subtract multiply floor_divide remainder negative equal not_equal less less_equal greater
    greater_equal sign abs sum max min Clip clip cast stop_gradient stack transpose pad roll argmax
    argmin topk sort cumsum Concat Reshape Rearrange Flatten getitem""".split()
)
"""Ops that also get integers."""
TRUTHS = frozenset("logical_and logical_or logical_not any all".split())
"""Ops that get true and false."""


def configurations(kind: str, count: int, seed: int = 0) -> list[Case]:
    """So many different cases of an op; fewer, where it has no more."""
    rng = np.random.default_rng([seed, *kind.encode()])
    op = ops.lookup(kind)
    assert op is not None
    found: dict[str, Case] = {}
    for _ in range(400 * count):
        case = drawn(op, rng)
        if case is not None:
            found.setdefault(case.id, case)
        if len(found) == count:
            break
    return list(found.values())


def drawn(op: type[Op], rng: Rng) -> Case | None:
    """A case, or None where the arguments do not fit the inputs."""
    if issubclass(op, raw.Raw):
        return own(op, rng)
    if op.kind() in ATTENDING:
        return ATTENDING[op.kind()](rng)
    if op is positions.range:
        start, stop, step = (int(n) for n in rng.integers((-5, 6, 1), (5, 12, 4)))
        if rng.random() < 0.3:
            start, stop, step = stop, start, -step
        count = len(range(start, stop, step))
        return Case("range", f"range({start}, {stop}, {step})", (f"i32[{count}]",))
    if op is Transposed:
        return tied(rng)
    if op.kind() in DRAWN:
        return DRAWN[op.kind()](rng)
    x = inputs(op, rng)
    given = named_axes(x[0], rng) if op is Rearrange else arguments(op, x[0], rng)
    try:
        made = op.model_validate(given)
    except ValueError:
        return None
    named: dict[str, Tensor] = {}
    try:
        if list(made.problems(*x)):
            return None
        if isinstance(made, recurrence.Recurrent) and rng.random() < 0.3:
            named = {name: made.state(x[0], name) for name in made.states}
    except BadArguments:
        return None
    if isinstance(made, LayerNorm) and normed(made, x[0]) == 1:
        return None
    y = made.shape(*x, **named)
    if op.kind().startswith("MaxUnpool") and prod(y.shape[1:]) < 7:
        return None  # the places are drawn from so many
    if any(t.size > 5000 for t in (y if isinstance(y, tuple) else (y,))):
        return None
    layer = written(made)
    if op is gather:
        layer = "x[y]"
    elif isinstance(made, getitem):
        layer = bracket(made.at)
    return Case(op.kind(), layer, tuple(map(str, x)), tuple((n, str(t)) for n, t in named.items()))


def own(op: type[Op], rng: Rng) -> Case:
    """A weight or constant of any shape, multiplied with an input."""
    rank = int(rng.integers(0, 4))
    sizes = tuple(int(n) for n in rng.integers(1, 9, rank))
    kind = "f32"
    layer = f"{op.kind()}({Tensor('f32', sizes)}, init=normal(std=1))"
    if op is raw.Buffer and rank and rng.random() < 0.7:
        kind = str(rng.choice(["f32", "i32"]))
        numbers = rng.integers(-9, 9, sizes) if kind == "i32" else rng.normal(size=sizes)
        layer = f"Buffer({numbers.tolist()})"
    return Case(op.kind(), layer, (f"{kind}{[n if rng.random() < 0.7 else 1 for n in sizes]}",))


def tied(rng: Rng) -> Case:
    """An Embedding or Dense on some axes, the other way round on others."""
    reads, gives = int(rng.integers(1, 9)), int(rng.integers(7, 12))
    more = [int(n) for n in rng.integers(1, 9, int(rng.integers(0, 3)))]
    if rng.random() < 0.5:
        ids = Tensor("i32", tuple(more[:1]))
        return Case(
            "Transposed",
            f"Transposed(Embedding, {reads}, {gives})",
            (f"f32{[*more, reads]}", str(ids)),
        )
    layer = f"Transposed(Dense, {reads}, {gives})"
    return Case("Transposed", layer, (f"f32{[*more, reads]}", f"f32{[*more[1:], gives]}"))


def arguments(op: type[Op], x: Tensor, rng: Rng) -> dict[str, Any]:
    return {
        name: value(field, x, op, rng)
        for name, field in op.model_fields.items()
        if "init" not in name and (field.is_required() or rng.random() < 0.6)
    }


def normed(op: LayerNorm, x: Tensor) -> int:
    """The numbers that are normed together. One alone is its own mean: what is left of it is
    rounding, which the root of `eps` magnifies."""
    axes = all_axes(-1 if op.axis is None else op.axis, x)
    return prod(x.shape[a] for a in axes)


def inputs(op: type[Op], rng: Rng) -> tuple[Tensor, ...]:
    """Types of the unnamed inputs: the others are like the first, or differ on an axis."""
    rank = int(rng.choice([0, 1, 2, 3, 4], p=[0.05, 0.2, 0.35, 0.35, 0.05]))
    rank = op.places + 1 if hasattr(op, "places") else rank
    first = tuple(int(n) for n in rng.integers(1, 9, rank))
    least, most = op.inputs
    count = int(rng.integers(least, (most or 4) + 1))
    shapes = [first, *(like(first, op, rng) for _ in range(count - 1))]
    if count > 1 and rng.random() < 0.5:
        shapes.reverse()
    if op.kind().startswith("MaxUnpool"):
        return Tensor("f32", first), Tensor("i32", first)
    if op is gather:
        at = Tensor(str(rng.choice(["i32", "i64"])), first[1:])  # type: ignore[arg-type]
        return Tensor("f32", (7 + rank, *first[:2])), at
    if op.kind().startswith("Embedding"):
        kind = str(rng.choice(["i32", "i64", "class"]))
        classes = int(rng.integers(2, 9)) if kind == "class" else None
        return (Tensor(kind, first[:2], classes),)  # type: ignore[arg-type]
    if op.kind() in ("mask_padding", "sequence_mask"):
        return Tensor("f32", first), Tensor("i32", ())
    if op.kind() == "where":
        return tuple(Tensor(d, s) for d, s in zip(("bool", "f32", "f32"), shapes, strict=True))
    if op.kind() == "one_hot":
        return (Tensor("i32", first),)
    dtype = "i32" if op.kind() in INTEGERS and rng.random() < 0.15 else "f32"
    if op.kind() in TRUTHS or (op.kind() in ("sum", "mean") and rng.random() < 0.15):
        dtype = "bool"
    return tuple(Tensor(dtype, s) for s in shapes)  # type: ignore[arg-type]


def like(first: tuple[int, ...], op: type[Op], rng: Rng) -> tuple[int, ...]:
    if op.kind() == "stack":
        return first
    if op.kind() == "Concat":
        if not first:
            return first
        at = int(rng.integers(len(first)))
        return (*first[:at], int(rng.integers(1, 9)), *first[at + 1 :])
    if rng.random() < 0.2:
        return ()
    return tuple(1 if rng.random() < 0.3 else n for n in first)


def value(field: FieldInfo, x: Tensor, op: type[Op], rng: Rng) -> Any:
    """An argument, from what its type says that it takes."""
    marks = list(metadata(field))
    if field.annotation == recurrence.Activation:  # other steps are written out in ONNX files
        gate = field.default == "sigmoid"  # beyond 1 it makes of a few steps what no float holds
        own = ["hard_sigmoid"] if gate else ["relu", "softsign", "selu", "silu", None]
        return own[int(rng.integers(len(own)))] if rng.random() < 0.2 else field.default
    if type(None) in typing.get_args(field.annotation) and rng.random() < 0.3:
        return None
    literals = [w for a in nested(field.annotation) for w in typing.get_args(a) if is_literal(a)]
    if op.kind() == "cast":
        return str(rng.choice(["f32", "i32", "bool"]))  # the widths that every runtime has
    if literals:
        return literals[int(rng.integers(len(literals)))]
    validator = next(m.func for m in marks if isinstance(m, PlainValidator))
    low = next((m.ge for m in marks if getattr(m, "ge", None) is not None), 0)
    match validator:
        case fields.whole if any(getattr(m, "le", None) for m in marks):
            return int(rng.integers(1, 4))  # layers behind each other: Keras traces each
        case fields.whole if field.annotation is int and low == 1:
            return int(rng.integers(1, 7))
        case fields.whole if low == 0 and op.kind().startswith("Embedding"):
            return int(rng.integers(0, 6))
        case fields.whole:
            return int(rng.integers(-max(x.rank, 1), max(x.rank, 1)))
        case fields.axes:
            many = [int(a) for a in rng.permutation(max(x.rank, 1))]
            kept = many[: int(rng.integers(1, len(many) + 1))]
            return tuple(kept) if rng.random() < 0.5 else kept[0]
        case fields.flag:
            return bool(rng.random() < 0.5)
        case fields.number:
            small = any(getattr(m, "gt", None) == 0 for m in marks)
            return float(10 ** rng.uniform(-6, -1)) if small else round(float(rng.random()), 3)
        case fields.norm_power:
            return ("inf", 1, 2, 3.5)[int(rng.integers(4))]
        case fields.per_axis:
            return sizes(1, 5, op, rng)
        case fields.extra_per_axis:
            return sizes(0, 3, op, rng)
        case border._numbers:
            pairs = [tuple(map(int, rng.integers(0, 4, 2))) for _ in range(op.places)]
            return pairs[0] if op.places == 1 else tuple(pairs)
        case window._padding:
            return padding(op, rng)
        case recurrence._returns:
            parts = list(rng.permutation(["last", "all", "state"])[: rng.integers(1, 4)])
            return str(parts[0]) if len(parts) == 1 else tuple(map(str, parts))
        case pooling._parts:
            parts = [str(p) for p in rng.permutation(["values", "places"])]
            return tuple(parts) if rng.random() < 0.5 else parts[0]
        case splitting._parts:
            if rng.random() < 0.5 or x.size == 1:
                return int(rng.integers(2, 4))
            size = int(rng.choice([n for n in x.shape if n > 1]))
            first = int(rng.integers(1, size))
            return first, size - first
        case indexing._items:
            return tuple(item(n, rng) for n in x.shape[: int(rng.integers(1, 4))]) or (None,)
        case moving._order:
            return tuple(int(a) for a in rng.permutation(x.rank) - int(rng.integers(2)) * x.rank)
        case moving._ends:
            ends = tuple(int(n) for n in rng.integers(0, 4, 2))
            return ends if rng.random() < 0.6 else ends[0]
        case shape._sizes:
            return factors(x.size, rng)
    raise TypeError(field)


def metadata(field: FieldInfo) -> Any:
    yield from field.metadata
    for a in nested(field.annotation):
        yield from getattr(a, "__metadata__", ())


def nested(annotation: Any) -> list[Any]:
    """A type and those inside it."""
    inside = [
        b for a in typing.get_args(annotation) if not is_literal(annotation) for b in nested(a)
    ]
    return [annotation, *inside]


def is_literal(annotation: Any) -> bool:
    return typing.get_origin(annotation) is typing.Literal


def sizes(low: int, high: int, op: Any, rng: Rng) -> int | tuple[int, ...]:
    """A number, or one for each axis of a window."""
    if op.places == 1 or rng.random() < 0.6:
        return int(rng.integers(low, high))
    return tuple(int(n) for n in rng.integers(low, high, op.places))


def padding(op: Any, rng: Rng) -> Any:
    kind = rng.random()
    if kind < 0.5:
        words = ["valid", "same", "causal"] if op.causal else ["valid", "same"]
        return str(rng.choice(words))
    pair = lambda: tuple(int(n) for n in rng.integers(0, 4, 2))  # noqa: E731
    if kind < 0.7:
        return int(rng.integers(0, 4))
    if op.places == 1:
        return pair()
    return tuple(
        pair() if rng.random() < 0.5 else int(rng.integers(0, 4)) for _ in range(op.places)
    )


def item(size: int, rng: Rng) -> Any:
    """What may stand in brackets for an axis of this size, or between two axes."""
    kind = rng.random()
    if kind < 0.2:
        return None
    if kind < 0.3:
        return "..."
    if kind < 0.5:
        return int(rng.integers(-size, size))
    start, stop = (int(n) if rng.random() < 0.6 else None for n in rng.integers(-size, size + 1, 2))
    return start, stop, (int(rng.choice([-3, -2, -1, 2, 3])) if rng.random() < 0.4 else None)


def bracket(at: Any) -> str:
    """An index as a spec writes it."""
    parts = []
    for i in at:
        if isinstance(i, tuple):
            bounds = ["" if b is None else str(b) for b in i]
            parts.append(":".join(bounds if bounds[2] else bounds[:2]))
        else:
            parts.append("none" if i is None else str(i))
    return f"x[{', '.join(parts)}]"


def named_axes(x: Tensor, rng: Rng) -> dict[str, Any]:
    """Axes split at random, and their parts put together in another order."""
    names = iter("abcdefghijklmnop")
    before, given = [], {}
    for size in x.shape:
        parts = [next(names)]
        if rng.random() < 0.5:
            parts.insert(int(rng.integers(2)), next(names))
            of = parts[int(rng.integers(2))]
            given[of] = int(rng.choice([d for d in range(1, size + 1) if size % d == 0]))
        before.append(parts)
    order = [n for axis in before for n in axis]
    after = [[str(n)] for n in (rng.permutation(order) if rng.random() < 0.7 else order)]
    for _ in range(int(rng.integers(0, 4))):
        at = int(rng.integers(len(after) + 1))
        if rng.random() < 0.3:
            after.insert(at, [])
        elif 0 < at < len(after):
            after[at - 1 : at + 1] = [after[at - 1] + after[at]]
    sides = (", ".join("*".join(axis) or "1" for axis in side) for side in (before, after))
    return {"pattern": " -> ".join(f"[{side}]" for side in sides), "given": given}


def factors(size: int, rng: Rng) -> tuple[int, ...]:
    """A shape of so many elements, perhaps with one size left open."""
    dims = []
    for _ in range(int(rng.integers(0, 4))):
        fitting = [d for d in range(1, size + 1) if size % d == 0]
        dims.append(int(rng.choice(fitting)))
        size //= dims[-1]
    dims.append(size)
    if rng.random() < 0.4:
        dims[int(rng.integers(len(dims)))] = -1
    return tuple(int(d) for d in rng.permutation(dims))
