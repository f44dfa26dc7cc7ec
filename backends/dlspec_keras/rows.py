"""Rows of the data as a program gives them to its model."""

from __future__ import annotations

from dlspec.emit import python as py
from dlspec.expr import fixed
from dlspec.tensor import Tensor
from dlspec_keras.case import Case


def fed(case: Case) -> py.Expr:
    """The model's inputs, from rows of the data; what an objective reads, where there is one."""
    if case.step is not None:
        return py.Dict(tuple((py.literal(f), py.item("rows", f)) for f in case.read))
    if len(case.inputs) == 1:
        _, field, t = case.inputs[0]
        return kept(py.item("rows", field), t)
    pairs = tuple((py.literal(name), kept(py.item("rows", f), t)) for name, f, t in case.inputs)
    return py.Dict(pairs)


def kept(value: py.Expr, t: Tensor) -> py.Expr:
    """An array with its axes in the order in which the model reads them."""
    if not t.last:
        return value
    axes = [py.literal(a) for a in (0, *range(2, t.rank + 1), 1)]
    return py.call(py.Attribute(value, "transpose"), *axes)


def targets(case: Case) -> py.Statement:
    pairs = tuple((py.literal(f), py.item("rows", f)) for f in case.compared[1])
    return py.Assign("targets", py.Dict(pairs))


def symbols(case: Case) -> py.Expr:
    """Symbols of the inputs."""
    if len(case.inputs) == 1:
        return symbol(case.inputs[0][2])
    return py.Dict(tuple((py.literal(name), symbol(t)) for name, _, t in case.inputs))


DTYPES = {"i8": "int8", "i32": "int32", "i64": "int64", "class": "int64", "bool": "bool"}


def symbol(t: Tensor) -> py.Expr:
    given = {"dtype": DTYPES[t.dtype]} if t.dtype in DTYPES else {}
    return py.call(
        "keras.KerasTensor", (None, *(int(n) if fixed(n) else None for n in t.stored)), **given
    )
