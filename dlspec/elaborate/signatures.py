"""What the header of a `fn` says: whether it is of numbers or of tensors, and what it may not."""

from __future__ import annotations

from collections.abc import Iterator

from dlspec.diagnostics import Diagnostic
from dlspec.diagnostics.uses import Misplaced
from dlspec.syntax import tree
from dlspec.tensor import DTYPES

TENSORS = frozenset((*DTYPES, "class"))


def is_tensor(type_: tree.Type) -> bool:
    """Whether a declared type is that of a tensor: `f32[C, H, W]`, `class[10]`. `bool` alone is a
    value of compile time."""
    return type_.name.id in TENSORS and (type_.name.id != "bool" or bool(type_.groups))


def of_tensors(fn: tree.Fn) -> bool:
    """Whether a `fn` works on tensors when a program runs, and not on numbers when it is made."""
    declared = (p.type for p in fn.parameters)
    return any(map(is_tensor, (*declared, *fn.returns)))


def header_problems(fn: tree.Fn) -> Iterator[Diagnostic]:
    """What a `fn` may not have among its parameters and results."""
    if not of_tensors(fn):
        for second in fn.returns[1:2]:
            hint = "it gives one value; several are a list: `-> list[int]`"
            yield Misplaced(second.span, "a second result", "a `fn` of numbers", hint)
        return
    if fn.returns and not any(is_tensor(p.type) for p in fn.parameters):
        hint = "give it a tensor to work on: `fn f(x: f32[D], n: int) -> f32[D]`"
        yield Misplaced(fn.returns[0].span, "a tensor", "the result of a `fn` of numbers", hint)
    for r in fn.returns if len(fn.returns) > 1 else ():
        if not is_tensor(r):
            hint = "each of several results is a tensor; numbers are a `fn` of numbers"
            yield Misplaced(r.span, "a number", "the results of a `fn` of tensors", hint)
    for p in fn.parameters:
        inner = [d.id for group in p.type.groups for d in group if isinstance(d, tree.Name)]
        if is_tensor(p.type) and p.default is not None:
            hint = f"every use gives `{p.name.id}`; only numbers have defaults"
            yield Misplaced(p.default.span, "a default", "the declaration of a tensor", hint)
        elif p.type.name.id == "layer" or (p.type.name.id == "list" and "layer" in inner):
            hint = "a function has no weights; a block takes layers"
            yield Misplaced(p.span, "a layer", "the parameters of a `fn` of tensors", hint)
