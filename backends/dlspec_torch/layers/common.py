"""What the emitters of several families share."""

from __future__ import annotations

from dataclasses import replace

from dlspec.backend.protocol import SELF, Emitted, Slot, Use, X
from dlspec.backend.sizes import slot
from dlspec.emit import python as py
from dlspec.expr import Const, Expr, Term, fixed, refs
from dlspec.tensor import FLOATS, Tensor

Pads = tuple[tuple[int, int], ...]

MOST = 4
"""The axes of an example for which PyTorch has classes; places on more of them count alike."""

REAL = py.call("torch.get_default_dtype")
"""What f32 is in a program: another width where the whole program computes in it."""

DTYPES: dict[str, py.Expr] = {
    **{"f16": py.Code("torch.float16"), "bf16": py.Code("torch.bfloat16"), "f32": REAL},
    **{"f64": py.Code("torch.float64"), "i8": py.Code("torch.int8"), "i32": py.Code("torch.int32")},
    **{"i64": py.Code("torch.int64"), "bool": py.Code("torch.bool")},
}


def method(value: py.Expr, name: str, *args: object, **named: object) -> py.Call:
    """`value.name(args)`."""
    return py.call(py.Attribute(value, name), *args, **named)


def length(value: py.Expr, axis: int) -> py.Expr:
    """The size of an axis of the batch, when the program runs."""
    return py.Index(py.Attribute(value, "shape"), py.literal(axis))


def applied(make: py.Expr, helpers: tuple[str, ...] = (), value: py.Expr = X[0]) -> Emitted:
    """An object that is called on the only input."""
    return Emitted(py.call(SELF, value), make, helpers)


def number(use: Use, name: str) -> Slot:
    """An argument that is a number of the dtype of the input."""
    given = use.field(name)
    return given if use.x[0].dtype in FLOATS else replace(given, value=int(given.value))


def norm_power(use: Use) -> py.Expr:
    """The `p` of a norm."""
    if use.op.p == "inf":
        return py.Code("torch.inf")
    return use.field("p").or_default(2.0)


def of_channels(use: Use, make: py.Expr, folds: bool = False) -> Emitted:
    """A layer of the second axis of the batch, on whichever axis has the channels."""
    shape = use.x[0].shape
    folded = folds and len(shape) > MOST
    axis = use.op.sizes["in_channels"] % len(shape)
    value = X[0] if axis == 0 else method(X[0], "movedim", axis + 1, 1)
    call: py.Expr = py.call(SELF, method(value, "flatten", 2) if folded else value)
    if folded:
        places = tuple(
            slot(use, s, "size") if fixed(s) else py.literal(-1)
            for a, s in enumerate(shape)
            if a != axis
        )
        call = method(call, "unflatten", 2, py.Tuple(places))
    call = call if axis == 0 else method(call, "movedim", 1, axis + 1)
    return Emitted(call, make)


def by_rank(name: str, rank: int) -> str:
    """`nn.Conv` and 2 give `nn.Conv2d`."""
    return f"{name}{rank}d"


def front(x: Tensor) -> int:
    """How many axes stand before an example's own: the batch, but for what is common to all."""
    return 0 if x.common else 1


def batched(axis: int, x: Tensor) -> int:
    """An axis of an example, counted with those in front."""
    return axis + front(x) if axis >= 0 else axis


def dim(use: Use, default: int) -> Slot:
    """The op's `axis` (or its default) as a `dim` of the batch."""
    x = use.x[0]
    axis = use.field("axis") if use.op.axis is not None else use.fixed(default)
    made = batched(axis.value, x)
    if made == axis.value:
        return use.given(made, "dim", axis.origin)
    if axis.origin is None or not any(refs(axis.origin)):
        return use.given(made, "dim", Const(made))
    return use.given(made, "dim", Term("+", (axis.origin, Const(1))))


def moved(axis: int, to: int, emitted: Emitted) -> Emitted:
    """The same with axis `axis` of the batch at `to`, where the framework wants it."""
    if axis == to:
        return emitted
    there = method(X[0], "movedim", axis, to)
    back = method(_with_input(emitted.call, there), "movedim", to, axis)
    return Emitted(back, emitted.make, emitted.helpers, emitted.imports)


def _with_input(call: py.Expr, value: py.Expr) -> py.Expr:
    """A call of an object with its input replaced."""
    if call != py.call(SELF, X[0]):
        raise ValueError("only a plain call of an object has its axis moved")
    return py.call(SELF, value)


# --- arithmetic of origins ------------------------------------------------------------------


def varies(origin: Expr | None) -> bool:
    """Whether a value was written with names, so that the code can show how it was made."""
    return origin is not None and any(refs(origin))


def symmetric(pads: Pads) -> bool:
    """Whether each axis is padded alike at both ends."""
    return all(before == after for before, after in pads)


def own(use: Use, pads: Pads) -> bool:
    """Whether torch's `padding=` does, here and in other uses at the same place."""
    return symmetric(pads) and not use.general


def padding(use: Use, pads: Pads) -> Slot:
    """Symmetric pads as torch's `padding=`, left out where there are none."""
    return _padding(use, pads).or_default(0)


def _padding(use: Use, pads: Pads) -> Slot:
    sizes = tuple(before for before, _ in pads)
    value = sizes[0] if len(set(sizes)) == 1 else sizes
    given, kernel = use.field("padding"), use.field("kernel")
    if given.value == value:
        return given
    made_by = kernel.origin
    if given.value == "same" and isinstance(kernel.value, int) and made_by and varies(made_by):
        dilation = getattr(use.op, "dilation", 1)
        if dilation == 1 and value == kernel.value // 2:
            return use.given(value, "padding", Term("//", (made_by, Const(2))))
    return use.given(value, "padding", Const(value))


def padded(use: Use, pads: Pads, value: py.Expr | None = None) -> py.Expr:
    """The input with explicit pads, zeros if nothing else is given."""
    named = {} if value is None else {"value": value}
    return py.call("F.pad", X[0], ends(use, pads), **named)


def kept(use: Use, before: int, after: int) -> py.Slice:
    """The places of an axis without so many at its ends."""
    start = use.fixed(before) if before else None
    return py.Slice(start, use.fixed(-after) if after else None)


def ends(use: Use, pads: Pads) -> Slot:
    """Pads as `F.pad` takes them: the last axis first."""
    flat = tuple(int(size) for sizes in reversed(pads) for size in sizes)
    return use.given(flat, "padding", Const(flat))
