"""Limits of what a spec may ask for, so that a check always ends, and soon."""

from __future__ import annotations

from collections.abc import Iterator

from dlspec.diagnostics import SpecError
from dlspec.diagnostics.shapes import Context
from dlspec.diagnostics.values import TooLarge
from dlspec.ir import model as ir
from dlspec.source import Span

MOST_COPIES = 50_000
"""The most copies that one repeat makes."""
MOST_LAYERS = 50_000
"""The most layers and functions of a model, with those of every use of its blocks."""
MOST_STEPS = 200_000
"""The most statements, rounds of loops and layers that are elaborated for a model."""
MOST_ELEMENTS = 1_000_000
"""The most elements of lists that are made for a model, and rounds in which they are made."""
MOST_CALLS = 50_000
"""The most calls of functions of numbers in a model."""
MOST_NESTED = 50
"""How deep blocks may stand within blocks."""
DEEPEST = 200
"""How many layers and functions may feed each other without a wire between them."""


class Exhausted(SpecError):
    """A limit for the whole model is reached: what is left of it is not read."""


def too_many(span: Span, context: Context, what: str, most: int) -> SpecError:
    """The error for more than there may be."""
    return SpecError(TooLarge(span, context, what, f"the most is {most:,}"))


def depth(flow: ir.Flow) -> int:
    """How many layers and functions feed each other in a flow."""
    deepest = 0
    stack: list[tuple[ir.Flow, int]] = [(flow, 1)]
    while stack:
        f, level = stack.pop()
        deepest = max(deepest, level)
        stack.extend((inner, level + 1) for inner in _read(f))
    return deepest


def _read(flow: ir.Flow) -> Iterator[ir.Flow]:
    """What a flow reads directly."""
    match flow:
        case ir.Apply() | ir.Call() | ir.Compare():
            yield from flow.inputs
            yield from flow.named.values()
        case ir.Items() | ir.Join() | ir.Net() | ir.Mode():
            yield from flow.inputs
        case ir.Select() | ir.Slice():
            yield flow.value
        case ir.Repeat() | ir.Copies():
            yield from flow.inputs
            yield from flow.bodies
        case ir.Scope():
            yield from flow.inputs
            yield flow.body
