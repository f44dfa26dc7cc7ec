"""Whether a loss that takes logits gets what an activation has made of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from dlspec import ops
from dlspec.diagnostics.train import ActivatedTwice
from dlspec.ir.model import Apply, Bind, Call, Flow, Instance, ModelIR, Output, Wire, statements
from dlspec.recipe.losses import Loss
from dlspec.source import Span

FAMILIES_OF_ACTIVATIONS = ("activation", "along_axis", "smooth", "piecewise", "functional")
ACTIVATIONS = frozenset(n for f in FAMILIES_OF_ACTIVATIONS for n in ops.FAMILIES[f].split())
ACTIVATIONS -= {"Identity", "GLU", "glu", "Maxout", "maxout"}
"""What turns logits into something else, as a layer or a function."""
MOVING = frozenset("Identity Dropout Reshape Flatten Rearrange transpose getitem".split())
"""Ops that give out some of the elements that arrive, in their places or in others."""


def activated(loss: Loss, layer: str, output: str, span: Span) -> Iterator[ActivatedTwice]:
    """What is said of a loss that takes logits, where an activation makes what it compares."""
    if loss.activation != "none" and layer in ACTIVATIONS:
        plain = layer.lower().replace("_", "").removeprefix("log")
        yield ActivatedTwice(span, loss.kind(), output, layer, plain == loss.activation)


def last_op(model: ModelIR, output: str) -> str:
    """The kind of the op that makes an output, in the model or in a block of it; empty where that
    is no op."""
    return _op_of(model, model.root, lambda s: s.name == output)


def _op_of(model: ModelIR, of: Instance, wanted: Callable[[Output], bool]) -> str:
    made: dict[str, Flow] = {}
    for s in statements(of.body):
        if isinstance(s, Bind):
            made |= dict.fromkeys(s.names, s.value)
        elif isinstance(s, Output) and wanted(s):
            flow: Flow | None = moved(s.value)
            while isinstance(flow, Wire) and flow.name in made:
                flow = moved(made.pop(flow.name))
            if isinstance(flow, Call) and len(flow.types) == 1:
                return _op_of(model, model.instances[flow.instance], lambda s: True)
            return flow.op.kind() if isinstance(flow, Apply) else ""
    return ""


def moved(flow: Flow) -> Flow:
    """What gives the elements of a flow, behind ops that only move or drop them."""
    while isinstance(flow, Apply) and flow.op.kind() in MOVING:
        flow = flow.inputs[0]
    return flow
