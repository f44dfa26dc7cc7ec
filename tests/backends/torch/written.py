"""Ops from their one-line examples, and emitted code as plain text that runs by itself."""

from __future__ import annotations

import ast
import re
from collections.abc import Mapping
from dataclasses import fields, is_dataclass, replace
from functools import cache
from typing import Any

import numpy as np

from dlspec import ops
from dlspec.backend.protocol import Emitted, Hole, Inputs, Slot, Use
from dlspec.emit import python as py
from dlspec.ops.base import Example, Op
from dlspec.ops.batch_size import OfBatch
from dlspec.ops.drawing import Draw
from dlspec.ops.init import INITS
from dlspec.tensor import Tensor

LOWEST = {"log": 0.1, "log1p": -0.9, "sqrt": 0.1, "rsqrt": 0.1, "power": 0.1}
LOWEST |= {"log2": 0.1, "log10": 0.1, "asin": -0.9, "acos": -0.9, "atanh": -0.9, "acosh": 1.1}
"""Ops that have no value below."""
HIGHEST = {"asin": 0.9, "acos": 0.9, "atanh": 0.9}
"""Ops that have no value above."""
SIGNED = ("sign", "abs", "floor_divide", "remainder")
"""Ops that also get negative integers."""
DISTINCT = ("argsort",)
"""Ops of which nothing is said where elements are equal."""


def values(tensor: Tensor, rng: np.random.Generator, kind: str) -> np.ndarray:
    """Six examples of an input of an op."""
    shape = (6, *map(int, tensor.shape))
    if tensor.dtype == "bool":
        return rng.random(shape) < 0.5
    if tensor.dtype in ("i8", "i32", "i64", "class"):
        if kind in DISTINCT:
            return rng.permuted(np.arange(np.prod(shape)).reshape(shape))
        made = rng.integers(-6 if kind in SIGNED else 0, 7, shape)
        return np.where(made == 0, 3, made) if kind in ("floor_divide", "remainder") else made
    return rng.uniform(LOWEST.get(kind, -2.0), HIGHEST.get(kind, 2.0), shape)


WORDS = {"true": True, "false": False, "none": None}


def op_of(layer: str) -> Op:
    """`Conv2D(4, 3, stride=2)` as an object."""
    if layer.startswith("x["):
        return indexing(layer)
    layer = re.sub(r"\[.*?\] -> \[.*?\]", r'"\g<0>"', re.sub(r"\breturn=", "return_=", layer))
    layer = re.sub(r"\bf32\[[\d, ]*\]", r'"\g<0>"', layer)
    found = ast.parse(layer, mode="eval").body
    if isinstance(found, ast.Name):
        return _kind(found.id).bind((), {})
    assert isinstance(found, ast.Call) and isinstance(found.func, ast.Name)
    named = {(k.arg or "").rstrip("_"): _value(k.value) for k in found.keywords}
    return _kind(found.func.id).bind([_value(a) for a in found.args], named)


def indexing(text: str) -> Op:
    """`x[0, 1:, none]` and `x[y]`, as Python reads them."""
    if text == "x[y]":
        return _kind("gather").bind((), {})

    class Items:
        def __getitem__(self, at: Any) -> tuple[Any, ...]:
            return at if isinstance(at, tuple) else (at,)

    at = eval(text, {"x": Items(), "none": None})
    items = [(i.start, i.stop, i.step) if isinstance(i, slice) else i for i in at]
    return _kind("getitem").bind((), {"at": ["..." if i is ... else i for i in items]})


def _kind(name: str) -> type[Op]:
    found = ops.lookup(name)
    assert found is not None, name
    return found


def _value(node: ast.expr) -> Any:
    match node:
        case ast.Name(id=name):
            return WORDS.get(name, name)
        case ast.Tuple(elts=items):
            return tuple(map(_value, items))
        case ast.Call(func=ast.Name(id=name)):
            named = {k.arg or "": _value(k.value) for k in node.keywords}
            return INITS[name].bind([_value(a) for a in node.args], named)
    return ast.literal_eval(node)


def tensor_of(text: str) -> Tensor:
    """`f32[3, 9, 8]` as a type."""
    dtype, _, rest = text.partition("[")
    shape = tuple(int(s) for s in re.findall(r"\d+", rest.split("][")[-1]))
    if dtype == "class":
        count, _, _ = rest.partition("]")
        return Tensor("class", shape if "][" in rest else (), int(count))
    return Tensor(dtype, shape)  # type: ignore[arg-type]


def use_of(example: Example, exact: bool = False) -> Use:
    op = op_of(example.layer)
    x = tuple(map(tensor_of, example.inputs))
    named = {n: tensor_of(t) for n, t in example.named.items()}
    assert not list(op.problems(*x, **named)), example
    y = op.shape(*x, **named)
    return Use(op, x, named, y if isinstance(y, tuple) else (y,), {}, exact=exact)


@cache
def examples() -> tuple[tuple[str, Example], ...]:
    """Every example of every op that takes inputs and has weights of its own, if it has any."""
    found = []
    for name in ops.names():
        op = ops.lookup(name)
        assert op is not None
        if issubclass(op, (Draw, OfBatch)):  # what is drawn has no definition but its distribution
            continue
        if op.of_layers:  # its code brings together what others make: see the structures of parity
            continue
        found += [
            (f"{e.layer} {', '.join(e.inputs)}", e)
            for e in op.examples
            if e.inputs and name != "Transposed"
        ]
    return tuple(found)


# --- emitted code as text ---------------------------------------------------------------------


def text(expr: Any, inputs: tuple[str, ...] = (), named: Mapping[str, str] | None = None) -> str:
    """The code with its values in place and its defaults left out."""
    return str(_plain(expr, inputs, dict(named or {})))


def _plain(node: Any, inputs: tuple[str, ...], named: dict[str, str]) -> Any:
    match node:
        case Slot():
            return py.literal(node.value)
        case Hole(what="self"):
            return py.Code("layer")
        case Hole(what=int(i)):
            return py.Code(inputs[i])
        case Hole(what=name):
            return py.Code(named[name])
        case Inputs():
            return py.Tuple(tuple(py.Code(i) for i in inputs))
        case py.Call():
            kept = (a for a in node.args if not _default(a.value))
            args = tuple(py.Arg(_plain(a.value, inputs, named), a.name) for a in kept)
            return replace(node, callee=_plain(node.callee, inputs, named), args=args)
        case tuple():
            return tuple(_plain(n, inputs, named) for n in node)
    if is_dataclass(node) and isinstance(node, py.Expr):
        return replace(
            node, **{f.name: _plain(getattr(node, f.name), inputs, named) for f in fields(node)}
        )
    return node


def _default(value: Any) -> bool:
    same = isinstance(value, Slot) and value.value == value.default
    return same and type(value.value) is type(value.default)


def code(emitted: Emitted, use: Use) -> tuple[str, str]:
    """The constructor (empty for a function) and the call, as text."""
    inputs = tuple(f"x{i}" for i in range(len(use.x)))
    make = "" if emitted.make is None else text(emitted.make)
    return make, text(emitted.call, inputs, {n: n for n in use.named})
