"""Reductions, as methods of a tensor."""

from __future__ import annotations

from collections.abc import Mapping

from dlspec.backend.protocol import Emit, Emitted, Slot, Use, X
from dlspec.emit import python as py
from dlspec.ops import reduction as r
from dlspec.ops.base import Op
from dlspec.ops.over_axes import leaves_nothing
from dlspec.ops.rules import all_axes
from dlspec.tensor import FLOATS
from dlspec_torch.layers.arithmetic import operand
from dlspec_torch.layers.common import DTYPES, REAL, batched, dim, method, norm_power
from dlspec_torch.layers.lengths import real


def axes(use: Use) -> Slot:
    """The axes that a reduction takes, as `dim` of the batch; never the batch itself."""
    axis = use.op.axis
    if isinstance(axis, int):
        return dim(use, -1)
    every = tuple(range(use.x[0].rank)) if axis is None else axis
    dims = tuple(batched(a, use.x[0]) for a in every)
    return use.fixed(dims[0] if len(dims) == 1 else dims)


NAMED = ("logsumexp", "amax", "amin")


def given(use: Use) -> tuple[Slot, ...]:
    """The axes, where there are others."""
    alone = leaves_nothing(use.op.axis, use.x[0]) and not use.op.keepdims
    return () if alone else (axes(use),)


def stay(use: Use) -> dict[str, Slot]:
    """Whether the axes stay, as PyTorch says it."""
    return {"keepdim": use.field("keepdims").or_default(False)}


def over(name: str) -> Emit:
    """A method that takes the axes; of a scalar there is nothing to reduce. Some need all axes
    named, in PyTorch or in what writes ONNX."""

    def emit(use: Use) -> Emitted:
        dims = (axes(use),) if name in NAMED else given(use)
        return Emitted(method(X[0], name, *dims, **stay(use)) if use.x[0].rank else X[0])

    return emit


def counted(name: str) -> Emit:
    """Of true and false a real number."""

    def emit(use: Use) -> Emitted:
        if use.x[0].dtype != "bool":
            return total(use) if name == "sum" else over(name)(use)
        value = method(X[0], "to", REAL)
        return Emitted(method(value, name, *given(use), **stay(use)) if use.x[0].rank else value)

    return emit


def total(use: Use) -> Emitted:
    if use.x[0].rank == 0:
        return Emitted(X[0])
    if use.x[0].dtype in FLOATS:
        return Emitted(method(X[0], "sum", *given(use), **stay(use)))
    # PyTorch adds up integers as 64 bits.
    dtype = DTYPES[use.x[0].dtype]
    return Emitted(method(X[0], "sum", *given(use), **stay(use), dtype=dtype))


def product(use: Use) -> Emitted:
    """PyTorch multiplies along one axis at a time: the last first, so that the others keep their
    places."""
    kept: dict[str, object] = dict(stay(use))
    kept |= {} if use.x[0].dtype in FLOATS else {"dtype": DTYPES[use.x[0].dtype]}
    if isinstance(use.op.axis, int):
        return Emitted(method(X[0], "prod", dim(use, -1), **kept))
    value: py.Expr = X[0]
    for axis in reversed(all_axes(use.op.axis, use.x[0])):
        value = method(value, "prod", use.fixed(batched(axis, use.x[0])), **kept)
    return Emitted(value)


def spread(name: str) -> Emit:
    """PyTorch divides by n - 1 unless it is told otherwise."""

    def emit(use: Use) -> Emitted:
        correction = Slot(int(use.op.unbiased), role="correction", default=1)
        if use.named:
            made = py.call("masked_var", X[0], real(use), axes(use), correction, **stay(use))
            made = method(made, "sqrt") if name == "std" else made
            return Emitted(made, helpers=("masked_var", "sequence_mask"))
        return Emitted(method(X[0], name, axes(use), correction=correction, **stay(use)))

    return emit


def norm(use: Use) -> Emitted:
    if use.x[0].rank == 0:
        return Emitted(py.call("torch.abs", X[0]))
    p, dims = norm_power(use), axes(use)
    return Emitted(py.call("torch.linalg.vector_norm", X[0], p, dim=dims, **stay(use)))


def extreme(reduction: str, of_two: str, bound: str) -> Emit:
    """Of one tensor a reduction; of two, or of a tensor and a number, pair by pair."""

    def emit(use: Use) -> Emitted:
        if len(use.x) == 1:
            return over(reduction)(use)
        for i, number in use.scalars.items():
            return Emitted(method(X[1 - i], "clamp", **{bound: number}))
        return Emitted(py.call(of_two, operand(use, 0), operand(use, 1)))

    return emit


LAYERS: Mapping[type[Op], Emit] = {
    r.sum: counted("sum"),
    r.mean: counted("mean"),
    r.prod: product,
    r.var: spread("var"),
    r.std: spread("std"),
    r.logsumexp: over("logsumexp"),
    r.norm: norm,
    r.any: over("any"),
    r.all: over("all"),
    r.max: extreme("amax", "torch.maximum", "min"),
    r.min: extreme("amin", "torch.minimum", "max"),
}
