"""Layers on their way into another definition, which knows no name of the one they come from."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from dlspec.diagnostics import SpecError
from dlspec.diagnostics.uses import NotALayer
from dlspec.elaborate.values import (
    BlockLayer,
    ChainLayer,
    ExpertsLayer,
    FnLayer,
    Instance,
    Link,
    ScanLayer,
    size_of,
)
from dlspec.expr import Static
from dlspec.source import Span


def passed(value: Any, span: Span) -> Any:
    """A value as an argument of a block. Raises SpecError for an instance that `let` named, whose
    weights belong to the definition that made it."""
    match value:
        case Instance():
            what = "a `let` instance cannot be passed as a layer"
            raise SpecError(NotALayer(span, what, "pass its layer, which makes weights of its own"))
        case ChainLayer():
            return replace(value, links=tuple(_link(n, span) for n in value.links))
        case BlockLayer():
            return replace(value, arguments={n: _own(s) for n, s in value.arguments.items()})
        case FnLayer():
            return _alone(value, span)
        case ScanLayer():
            return replace(value, cell=passed(value.cell, span))
        case ExpertsLayer():
            own = {n: e for n, e in value.origins.items() if n != "count"}
            return replace(value, expert=passed(value.expert, span), parameter=None, origins=own)
        case list() | tuple() if size_of(value):
            return type(value)(passed(v, span) for v in value)
        case _:
            return value


def _link(link: Link, span: Span) -> Link:
    return replace(link, layer=passed(link.layer, span), parameter=None)


def _alone(fn: FnLayer, span: Span) -> FnLayer:
    """A function that is passed: its numbers no longer come from the definition that gave them."""
    if any(not isinstance(g.value, Static) for g in fn.given):
        what = "a function that has been given a tensor cannot be passed as a layer"
        raise SpecError(NotALayer(span, what, "a block takes the tensor as an `input`"))
    own = tuple(replace(g, value=Static(g.value.value)) for g in fn.given)
    return replace(fn, given=own)


def _own(argument: Static) -> Static:
    """An argument of a block that is passed: a layer in it no longer comes from a parameter."""
    return Static(argument.value) if size_of(argument.value) else argument


def shares(value: Any) -> bool:
    """Whether a chain has an instance in it that `let` named."""
    match value:
        case Instance():
            return True
        case ChainLayer():
            return any(shares(n.layer) for n in value.links)
        case _:
            return False


def owns(value: Any) -> bool:
    """Whether a chain has a layer in it that needs an attribute of its own."""
    match value:
        case Instance() | FnLayer():
            return False
        case ChainLayer():
            return any(n.parameter is not None or owns(n.layer) for n in value.links)
        case BlockLayer() | ScanLayer() | ExpertsLayer():
            return True
        case _:
            return bool(value.op.has_object())
