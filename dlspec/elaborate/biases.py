"""Biases whose channels a normalisation brings to mean 0."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from dlspec.diagnostics.consistency import BiasWithoutEffect
from dlspec.ir import model as ir
from dlspec.source import Span

Written = Mapping[int, tuple[ir.Apply, Span]]
"""Layers by the identity of their flows, with where they are written."""


def without_effect(
    body: Iterable[ir.Statement], biased: Written, centring: Written
) -> Iterator[BiasWithoutEffect]:
    """The biases of layers that nothing but a normalisation reads, in a chain or as a wire."""
    wires: dict[str, ir.Flow] = {}
    readers: dict[str, list[ir.Flow]] = {}

    def ended(name: str) -> Iterator[BiasWithoutEffect]:
        made, found = wires.pop(name, None), readers.pop(name, [])
        if made is not None and len(found) == 1:
            yield from lost(made, found[0], biased, centring)

    for s in body:
        found = list(ir.within((s,)))
        first = {id(f.inputs[0]): f for f in found if isinstance(f, ir.Apply) and id(f) in centring}
        for f in found:
            if isinstance(f, ir.Wire) and f.name in wires:
                readers.setdefault(f.name, []).append(first.get(id(f), f))
            elif id(f) in first:
                yield from lost(f, first[id(f)], biased, centring)
        if isinstance(s, ir.Bind):
            for name in s.names:
                yield from ended(name)
            if id(s.value) in biased:
                wires[s.names[0]] = s.value
        else:
            for name in {n for b in ir.statements((s,)) if isinstance(b, ir.Bind) for n in b.names}:
                wires.pop(name, None)
    for name in list(wires):
        yield from ended(name)


def lost(
    made: ir.Flow, reader: ir.Flow, biased: Written, centring: Written
) -> Iterator[BiasWithoutEffect]:
    """What is said where the reader of a layer takes its bias away."""
    if id(made) not in biased or id(reader) not in centring:
        return
    (before, written), (after, span) = biased[id(made)], centring[id(reader)]
    channels, centred, rank = before.op.bias_axis, after.op.centred_axis, before.types[0].rank
    if channels is not None and centred is not None and channels % rank == centred % rank:
        own = "bias" in before.op.model_fields_set
        yield BiasWithoutEffect(written, before.op.kind(), after.op.kind(), span, own)
