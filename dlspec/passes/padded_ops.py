"""What each op does about rows of different lengths.

A rule takes the walk and a use of the op with an input on whose axes rows differ, and gives what
stands for it. An op of `SAFE` reads each place by itself, or only those before it.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Any, Protocol

from dlspec.expr import Const, Static, origin
from dlspec.ir.model import Apply, Flow, Scalar, Wire
from dlspec.ops.indexing import REST, WHOLE, Cut
from dlspec.ops.rules import all_axes
from dlspec.ops.shape import Flatten
from dlspec.tensor import Tensor

NUMBER = Tensor("i32", ())
"""The type of lengths: one for each row."""


class Walk(Protocol):
    """What a rule asks: which axes differ, how long the rows are, and for what is made of them."""

    def is_ragged(self, size: int) -> bool: ...
    def axes(self, t: Tensor) -> tuple[int, ...]: ...
    def lengths(self, size: int) -> Flow: ...
    def filled(self, f: Flow, axes: Collection[int], value: float, at: tuple[Any, ...]) -> Flow: ...
    def counts(self, t: Tensor, axes: Collection[int], at: tuple[Any, ...]) -> Flow: ...
    def applied(
        self, kind: str, inputs: tuple[Flow, ...], at: tuple[Any, ...], /, **given: Any
    ) -> Apply: ...
    def refused(self, what: str, help: str = "") -> Exception: ...
    def site(self, *at: Any) -> int: ...


Rule = Callable[[Walk, Apply], Flow]


def whole(value: int) -> Scalar:
    """A number beside lengths."""
    return Scalar(value=Static(value, origin(value) or Const(value)), types=(NUMBER,))


SAFE = frozenset(
    """
    Elementwise Broadcasting negative logical_not Identity PReLU OnlyTraining Raw Like Rotary
    Embedding Transposed Dropout cast one_hot stop_gradient where Clip gather stack transpose
    sequence_mask mask_padding cumsum cumprod tril triu range
    Experts
    """.split()
)
"""Ops, and what they derive from, that need no mask whatever the axis."""

CONVOLUTIONS = ("Conv", "DepthwiseConv", "SeparableConv", "AvgPool", "LPPool", "Unfold")
LOWEST, HIGHEST = -1e30, 1e30
"""Real numbers that are the least and the greatest of any that a network computes with."""
MOST = 2**31 - 1


def bound(f: Apply, highest: bool) -> float:
    """A number that no real place goes beyond."""
    if f.inputs[0].types[0].dtype in ("i8", "i32", "i64", "class"):
        return MOST if highest else -MOST
    return HIGHEST if highest else LOWEST


def refused(w: Walk, f: Apply, help: str = "") -> Exception:
    return w.refused(f"{f.op.kind()} over rows of different lengths", help)


def over(w: Walk, f: Apply, axes: tuple[int, ...], value: float) -> Apply:
    """The op on its first input with one number at what pads some axes."""
    t = f.inputs[0].types[0]
    ragged = [a for a in axes if a in w.axes(t)]
    first = w.filled(f.inputs[0], ragged, value, (f.site,))
    return f.model_copy(update={"inputs": (first, *f.inputs[1:])})


def reduction(value: float) -> Rule:
    """Over some axes: the padding is the number that changes nothing."""

    def rule(w: Walk, f: Apply) -> Flow:
        return over(w, f, all_axes(f.op.axis, f.inputs[0].types[0]), value)  # type: ignore[attr-defined]

    return rule


def extreme(highest: bool) -> Rule:
    """The greatest or least over some axes; of two tensors each pair by itself."""

    def rule(w: Walk, f: Apply) -> Flow:
        if len(f.inputs) > 1:
            return f
        return reduction(bound(f, highest))(w, f)

    return rule


def mean(w: Walk, f: Apply) -> Flow:
    """The sum over the number of real places."""
    t = f.inputs[0].types[0]
    axes = all_axes(f.op.axis, t)  # type: ignore[attr-defined]
    if not set(axes) & set(w.axes(t)):
        return f
    filled = over(w, f, axes, 0)
    op: Any = f.op
    given = {"axis": op.axis} if op.axis is not None else {}
    given |= {"keepdims": True} if op.keepdims else {}
    total = w.applied("sum", filled.inputs, (f.site, "sum"), **given)
    total = total.model_copy(update={"origins": f.origins})
    return w.applied("divide", (total, w.counts(t, axes, (f.site, "count"))), (f.site, "mean"))


def along(highest: bool = False) -> Rule:
    """Along one axis."""

    def rule(w: Walk, f: Apply) -> Flow:
        op: Any = f.op
        up = highest != bool(getattr(op, "descending", False))
        return over(w, f, (op.place % f.inputs[0].types[0].rank,), bound(f, up))

    return rule


def one_axis(w: Walk, f: Apply) -> Flow:
    """An op that treats the places of an axis alike: another may have any length."""
    op: Any = f.op
    t = f.inputs[0].types[0]
    axis = op.axis
    axes = (-1,) if axis is None else axis if isinstance(axis, tuple) else (axis,)
    if {a % t.rank for a in axes} & set(w.axes(t)):
        raise refused(w, f)
    return f


def recurrent(w: Walk, f: Apply) -> Flow:
    """Forwards alone, each step is of those before it; the rest is told where a row ends."""
    op: Any = f.op
    if op.directions == 1 and set(op.returns) == {"all"}:
        return f
    size = f.inputs[0].types[0].shape[0]
    if op.directions == 1 and op.returns == ("last",):
        op = op.model_copy(update={"return_": "all"})
        steps = f.model_copy(
            update={"op": op, "types": (f.inputs[0].types[0].with_shape(size, op.carried),)}
        )
        return last(w, steps, size, (f.site,))
    return f.model_copy(update={"named": {**f.named, "lengths": w.lengths(size)}})


def last(w: Walk, f: Flow, size: int, at: tuple[Any, ...], place: int = -1) -> Flow:
    """A place counted from the end of a row, on axis 0."""
    index = w.applied("subtract", (w.lengths(size), whole(-place)), (*at, "place"))
    return w.applied("gather", (f, index), (*at, "last"))


def getitem(w: Walk, f: Apply) -> Flow:
    """Places counted from the end of a row."""
    t = f.inputs[0].types[0]
    ragged = w.axes(t)
    kept, taken = f.op.cuts(t)  # type: ignore[attr-defined]
    turned = [c for c in kept if c.axis in ragged and (c.step or 1) < 0]
    if turned:
        return backwards(w, f, turned[0])
    ends = [a for a, place in taken.items() if a in ragged and place < 0]
    if not ends:
        return f
    if ends != [0] or len(taken) > 1 or [c.axis for c in kept] != list(range(1, t.rank)):
        hint = "`x[-1]` alone reads the last place of each row, on axis 0"
        raise refused(w, f, hint)
    made = last(w, f.inputs[0], t.shape[0], (f.site,), taken[0])
    if any((c.start, c.stop, c.step) != (None, None, None) for c in kept):
        raise refused(w, f, "`x[-1]` first, and then the rest: `x[-1][:4]`")
    return made


def backwards(w: Walk, f: Apply, cut: Cut) -> Flow:
    """Each row from its own end; what pads it holds its first place."""
    others = [item for item in f.op.at if item not in (REST, WHOLE)]  # type: ignore[attr-defined]
    if cut.axis != 0 or (cut.start, cut.stop) != (None, None) or len(others) > 1:
        raise refused(w, f, "`x[::-1]` alone turns each row around, on axis 0")
    size = f.types[0].shape[0]
    if origin(size) is None:
        raise refused(w, f, "rows of the length of an input are turned around")
    at = (f.site, "turned")
    end = w.applied("subtract", (w.lengths(size), whole(1)), (*at, "end"))
    index = w.applied("subtract", (end, positions(w, size, at)), (*at, "index"))
    first = w.applied("max", (index, whole(0)), (*at, "first"))
    return w.applied("gather", (f.inputs[0], first), (*at, "read"))


def positions(w: Walk, size: int, at: tuple[Any, ...]) -> Apply:
    """The places of an axis: 0, 1, 2, ..."""
    made = w.applied("range", (), (*at, "places"), start=0, stop=size)
    return made.model_copy(update={"origins": {"start": Const(0), "stop": origin(size)}})


def attention(w: Walk, f: Apply) -> Flow:
    """A query reads the real keys; those before it are."""
    op: Any = f.op
    x = tuple(i.types[0] for i in f.inputs)
    k = (op.three(*x) if hasattr(op, "three") else x)[1]
    if op.causal or 0 not in w.axes(k):
        return f
    return f.model_copy(update={"named": {**f.named, "lengths": w.lengths(k.shape[0])}})


def told(w: Walk, f: Apply) -> Flow:
    """The lengths themselves."""
    t = f.inputs[0].types[0]
    size = t.shape[f.op.axis % t.rank]  # type: ignore[attr-defined]
    return w.lengths(size) if w.is_ragged(size) else f


def flat(w: Walk, f: Apply) -> Flow:
    """Where the axis that differs is in front, what is real stays in front."""
    t, made = f.inputs[0].types[0], f.types[0]
    if w.axes(t) == (0,) and w.axes(made) in ((), (0,)):
        return f
    if isinstance(f.op, Flatten) and not set(w.axes(t)) & set(f.op.joined(t)[1:]):
        return f
    if [n for n in t.shape if n != 1] == [n for n in made.shape if n != 1]:
        return f
    raise refused(w, f, "put the axis in front: Rearrange([C, T] -> [T, C])")


def rearranged(w: Walk, f: Apply) -> Flow:
    """Axes that change places; one on which rows differ is not split or joined behind another."""
    t, made = f.inputs[0].types[0], f.types[0]
    if sorted(str(t.shape[a]) for a in w.axes(t)) == sorted(
        str(made.shape[a]) for a in w.axes(made)
    ):
        return f
    raise refused(w, f)


def concat(w: Walk, f: Apply) -> Flow:
    """Behind a row of its own length nothing has one place."""
    axis = f.op.axis or 0  # type: ignore[attr-defined]
    for x in f.inputs[:-1]:
        t = x.types[0]
        if axis % t.rank in w.axes(t):
            raise refused(w, f, "what has one length for all stands in front: (start, x)")
    return f


def contraction(w: Walk, f: Apply) -> Flow:
    """Products are summed over the real places: one factor is 0 at the others, if there is one a
    row's own."""
    terms = f.op.terms(*(i.types[0] for i in f.inputs))  # type: ignore[attr-defined]
    inputs = list(f.inputs)
    done: set[str] = set()
    factors = enumerate(zip(terms.operands, f.inputs, strict=True))
    for number, (term, x) in sorted(factors, key=lambda i: i[1][1].types[0].common):
        gone = [
            a for a in w.axes(x.types[0]) if term[a] not in terms.result and term[a] not in done
        ]
        done.update(term[a] for a in gone)
        inputs[number] = w.filled(x, gone, 0, (f.site, number))
    return f.model_copy(update={"inputs": tuple(inputs)})


def windows(value: float) -> Rule:
    """A window that reaches over the end of a row meets there what pads the longest row too."""

    def rule(w: Walk, f: Apply) -> Flow:
        op: Any = f.op
        t = f.inputs[0].types[0]
        if 0 in w.axes(t):
            raise refused(w, f)
        reached = [axis for axis, (_, after) in enumerate(op.pads(t), start=1) if after > 0]
        reached = [a for a in reached if a in w.axes(t)]
        made = over(w, f, tuple(reached), value)
        means = hasattr(op, "count_include_pad") and op.divisor is None
        if reached and means and not op.count_include_pad:
            return averaged(w, made, f.inputs[0], reached)
        return made

    return rule


def averaged(w: Walk, f: Apply, like: Flow, reached: list[int]) -> Flow:
    """Means of windows over their real places: the mean with zeros, over the share that is real.
    `f` has zeros behind the rows of `like` on the axes at whose ends windows reach over."""
    t, at = f.inputs[0].types[0], (f.site, "averaged")
    if len(reached) > 1 or t.rank != 2:
        raise refused(w, f, "without padding, or with count_include_pad=true, it takes them")
    if origin(t.shape[1]) is not None:
        places = positions(w, t.shape[1], at)
        behind = w.applied("less", (places, w.lengths(t.shape[1])), (*at, "real"))
        real = w.applied("getitem", (behind,), (*at, "row"), at=(None, WHOLE))
    elif isinstance(like, Wire):
        real = w.applied("sequence_mask", (like, w.lengths(t.shape[1])), (*at, "real"), axis=1)
    else:
        raise refused(w, f, "give what it reads a name: `y = ...`, and then `y -> AvgPool1D(...)`")
    row = w.applied("cast", (real,), (*at, "cast"), dtype=t.dtype)
    op = f.op.model_copy(update={"count_include_pad": True})
    origins = {**f.origins, "count_include_pad": Const(True)}
    share = f.model_copy(
        update={
            "site": w.site(*at, "share"),
            "op": op,
            "origins": origins,
            "inputs": (row,),
            "types": (op.shape(row.types[0]),),
        }
    )
    least = Scalar(value=Static(1e-3, Const(1e-3)), types=(Tensor(t.dtype, ()),))
    share_of_some = w.applied("max", (share, least), (*at, "some"))
    total = f.model_copy(update={"op": op, "origins": origins})
    return w.applied("divide", (total, share_of_some), (*at, "mean"))


def transposed(w: Walk, f: Apply) -> Flow:
    """A place adds to several of the output."""
    t = f.inputs[0].types[0]
    if 0 in w.axes(t):
        raise refused(w, f)
    return over(w, f, w.axes(t), 0)


def greatest(w: Walk, f: Apply) -> Flow:
    return over(w, f, w.axes(f.inputs[0].types[0]), LOWEST)


def average(w: Walk, f: Apply) -> Flow:
    """The mean of each channel over its real places."""
    t = f.inputs[0].types[0]
    places = tuple(range(1, t.rank))
    given: dict[str, Any] = {"axis": places[0] if len(places) == 1 else places}
    given |= {"keepdims": True} if f.op.keepdims else {}  # type: ignore[attr-defined]
    total = w.applied("sum", over(w, f, places, 0).inputs, (f.site, "sum"), **given)
    return w.applied("divide", (total, w.counts(t, places, (f.site, "count"))), (f.site, "mean"))


def python(w: Walk, f: Apply) -> Flow:
    """Nobody knows what a Python function reads: what pads its rows is 0, whatever came before."""
    inputs = tuple(
        w.filled(x, w.axes(x.types[0]), 0, (f.site, number)) for number, x in enumerate(f.inputs)
    )
    return f.model_copy(update={"inputs": inputs})


def of_real(w: Walk, f: Apply, axes: Collection[int]) -> Flow:
    """An op that is told, of some axes, the lengths of each row."""
    t = f.inputs[0].types[0]
    told = {f"lengths_{axis}": w.lengths(t.shape[axis]) for axis in w.axes(t) if axis in axes}
    return f.model_copy(update={"named": {**f.named, **told}})


def normalised(w: Walk, f: Apply) -> Flow:
    """Mean and variance are those of the real places, of a batch or of each example."""
    return of_real(w, f, range(f.inputs[0].types[0].rank))


def spread(w: Walk, f: Apply) -> Flow:
    """Distances from the mean of the real places."""
    return of_real(w, f, all_axes(f.op.axis, f.inputs[0].types[0]))  # type: ignore[attr-defined]


def unit(w: Walk, f: Apply) -> Flow:
    """A vector of zeros behind its end is as long as without them."""
    return over(w, f, f.op.axes(f.inputs[0].types[0]), 0)  # type: ignore[attr-defined]


RULES: dict[str, Rule] = {
    **dict.fromkeys(("BatchNorm", "GroupNorm", "InstanceNorm"), normalised),
    **dict.fromkeys(("var", "std"), spread),
    "Normalize": unit,
    **dict.fromkeys(("sum", "norm"), reduction(0)),
    "prod": reduction(1),
    "all": reduction(1),
    "any": reduction(0),
    "mean": mean,
    "max": extreme(highest=False),
    "min": extreme(highest=True),
    "logsumexp": lambda w, f: reduction(LOWEST)(w, f),
    **dict.fromkeys(("Softmax", "LogSoftmax", "Sparsemax", "argmax", "topk"), along()),
    **dict.fromkeys(("Softmin", "argmin", "sort", "argsort"), along(highest=True)),
    **dict.fromkeys(("Dense", "GLU", "Maxout", "Split", "roll", "OverAxes"), one_axis),
    "Recurrent": recurrent,
    **dict.fromkeys(("Attention", "MultiHeadAttention"), attention),
    "getitem": getitem,
    **dict.fromkeys(("Flatten", "Reshape"), flat),
    "Rearrange": rearranged,
    "Concat": concat,
    **dict.fromkeys(("matmul", "einsum"), contraction),
    **{f"{kind}{n}D": windows(0) for kind in CONVOLUTIONS for n in (1, 2, 3)},
    **{f"MaxPool{n}D": windows(LOWEST) for n in (1, 2, 3)},
    **{f"ConvTranspose{n}D": transposed for n in (1, 2, 3)},
    **{f"GlobalMaxPool{n}D": greatest for n in (1, 2, 3)},
    **{f"GlobalAvgPool{n}D": average for n in (1, 2, 3)},
    "lengths": told,
    "Extern": python,
}
"""The rule of each op, or of what it derives from."""
