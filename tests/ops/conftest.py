"""Reads the examples of ops by Python's own parser, independently of the language's."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable
from typing import Any

import pytest

from dlspec import ops
from dlspec.length import dynamic
from dlspec.ops.base import Op
from dlspec.ops.init import INITS
from dlspec.tensor import Tensor

WORDS = {"true": True, "false": False, "none": None}


def value(node: ast.expr) -> Any:
    match node:
        case ast.Name("T"):
            return dynamic("T", 9)
        case ast.Name(id):
            return WORDS.get(id, id)
        case ast.Tuple(items):
            return tuple(value(i) for i in items)
        case ast.List(items):
            return [value(i) for i in items]
        case ast.Call(ast.Name(id), args, keywords):
            kind = INITS[id] if id in INITS else ops.lookup(id)
            assert kind is not None, id
            named = {k.arg.removesuffix("_"): value(k.value) for k in keywords if k.arg}
            return kind.bind([value(a) for a in args], named)
    return ast.literal_eval(node)


def layer(text: str) -> Op:
    """`Conv2D(4, 3, padding=same)` as an op."""
    if text.startswith("x["):
        return indexing(text)
    text = text if text.endswith(")") else f"{text}()"
    text = re.sub(r"\bf32\[[\d, ]*\]", r'"\g<0>"', text)
    text = re.sub(r"\[.*?\] -> \[.*?\]", r'"\g<0>"', text.replace("return=", "return_="))
    node = ast.parse(text, mode="eval").body
    assert isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
    kind = ops.lookup(node.func.id)  # `normal` within is an initialiser
    assert kind is not None, text
    named = {k.arg.removesuffix("_"): value(k.value) for k in node.keywords if k.arg}
    return kind.bind([value(a) for a in node.args], named)


def indexing(text: str) -> Op:
    """`x[0, 1:, none]` and `x[y]`, as Python reads them."""
    at = ast.parse(text, mode="eval").body
    assert isinstance(at, ast.Subscript)
    if isinstance(at.slice, ast.Name) and at.slice.id == "y":
        return ops.lookup("gather").bind((), {})
    parts = at.slice.elts if isinstance(at.slice, ast.Tuple) else [at.slice]
    items = []
    for part in parts:
        if isinstance(part, ast.Slice):
            bounds = (part.lower, part.upper, part.step)
            items.append(tuple(None if b is None else value(b) for b in bounds))
        else:
            found = value(part)
            items.append("..." if found is ... else found)
    return ops.lookup("getitem").bind((), {"at": items})


def tensor(text: str) -> Tensor:
    """`f32[3, 4]`, `class[10]`, `class[10][5]`; `image f32[3, 4, 4]` comes from a convolution."""
    found = re.fullmatch(r"(image )?(\w+?)((?:\[[^]]*\])+)", text)
    assert found is not None, text
    groups = [tuple(size(n) for n in g.split(",") if n) for g in re.findall(r"\[(.*?)\]", found[3])]
    if found[2] == "class":
        return Tensor("class", groups[1] if len(groups) > 1 else (), groups[0][0])
    return Tensor(found[2], groups[0], image=bool(found[1]))  # type: ignore[arg-type]


def size(text: str) -> int:
    """`5`, or a dynamic one of at most 8: `T..8`; `T - 1..8` is one less than that."""
    name, bounded, bound = text.partition("..")
    name, _, less = name.partition("-")
    return dynamic(name.strip(), int(bound)) - int(less or 0) if bounded else int(text)


@pytest.fixture(scope="session")
def read() -> Callable[[str], Op]:
    return layer


@pytest.fixture(scope="session")
def typed() -> Callable[[str], Tensor]:
    return tensor
