"""What metrics read of a `train` block or a `step`: its wires, and what losses imply of them."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace

from dlspec.elaborate.losses import WIRE, Comparable, Named
from dlspec.elaborate.values import Scope, Value
from dlspec.ir import model as ir
from dlspec.recipe.losses import Activation


def comparable(known: Comparable, scope: Scope, broken: bool) -> Comparable:
    """What metrics can name: what is known before, and the wires of a scope."""
    outputs = dict(known.outputs or {})
    fields = known.fields or {}
    for name, entry in scope.entries.items():
        if isinstance(entry, Value) and name not in fields and len(entry.types) == 1:
            what = outputs[name].what if name in outputs else WIRE
            outputs[name] = Named(name, entry.types[0], entry.since, what)
    return replace(known, outputs=None if broken and not outputs else outputs)


def compared(body: Sequence[ir.Statement]) -> Iterator[tuple[ir.Compare, int]]:
    """The losses of some statements, with their lines."""
    for s in ir.statements(tuple(body)):
        for f in ir.flows(s.value):
            if isinstance(f, ir.Compare):
                yield f, s.line


def terms(
    body: Sequence[ir.Statement], outputs: Collection[str], fields: Collection[str]
) -> Iterator[tuple[ir.Compare, str, str, int]]:
    """The losses that compare a wire of `outputs` with one of `fields`, with both names and the
    line."""
    for f, line in compared(body):
        a, b = f.inputs
        if not isinstance(a, ir.Wire) or not isinstance(b, ir.Wire):
            continue
        if a.name in outputs and b.name in fields:
            yield f, a.name, b.name, line


def activations(body: Sequence[ir.Statement]) -> dict[str, Activation]:
    """What turns a wire into a prediction, as the first loss on it implies."""
    found: dict[str, Activation] = {}
    for f, _ in compared(body):
        if isinstance(f.inputs[0], ir.Wire):
            found.setdefault(f.inputs[0].name, f.loss.activation)
    return found
