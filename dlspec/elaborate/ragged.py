"""What a `train` block on rows of different lengths computes: masks where padding would count."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence

from dlspec.diagnostics import SpecError
from dlspec.diagnostics.lengths import PaddingCounts
from dlspec.diagnostics.uses import NotInThisVersion
from dlspec.ir import recipe as ir
from dlspec.ir.model import ModelIR, Net, within
from dlspec.ir.networks import held, inside
from dlspec.length import Dynamic, Length, shortest
from dlspec.passes.padding import NotMasked, padded
from dlspec.source import Span


def arriving(
    steps: Sequence[ir.Step], networks: Mapping[str, ModelIR], rows: Collection[str]
) -> dict[str, int]:
    """What arrives at each dynamic size of the networks' inputs: of several calls, the longest, and
    rows of different lengths before those of one. The sizes of several networks have the network's
    name in front."""
    found: dict[str, int] = {}
    for name, dim, at in _arriving(steps, networks):
        key = inside(name, dim) if len(networks) > 1 else dim
        found[key] = max(found.get(key, at), at, key=lambda n: (_differs(n, rows), int(n)))
    return found


def _arriving(
    steps: Sequence[ir.Step], networks: Mapping[str, ModelIR]
) -> Iterator[tuple[str, str, int]]:
    """Each network that is called, with a dynamic size of its inputs and what arrives there."""
    calls = (f for step in steps for i in step.graph.instances for f in within(i.body))
    for f in (f for f in calls if isinstance(f, Net)):
        inputs = dict(networks[f.net].root.inputs)
        for name, given in zip(f.takes, f.inputs, strict=True):
            for size, at in zip(inputs[name].shape, given.types[0].shape, strict=True):
                if isinstance(size, Dynamic) and size.length == Length.of(str(size)):
                    yield f.net, str(size), at


def _differs(size: int, rows: Collection[str]) -> bool:
    return isinstance(size, Dynamic) and not size.length.names.isdisjoint(rows)


def for_rows(
    model: ModelIR,
    steps: Sequence[ir.Step],
    networks: Mapping[str, ModelIR],
    sizes: Mapping[str, int],
    rows: Collection[str],
    span: Span | None,
) -> tuple[ModelIR, tuple[ir.Step, ...]]:
    """The model and what is computed of a batch, told the lengths of its rows where they need them.

    `networks` are those of the block, which the model holds where there are several; `sizes` has
    what arrives at its dynamic sizes, `rows` those in which rows of the data differ. Raises
    SpecError.
    """
    if not rows:
        return model, tuple(steps)
    several = len(networks) > 1
    if any(network.root.states for network in networks.values()):
        what = "rows of different lengths for a model with state"
        hint = "what goes on from batch to batch is of one length: write the size as a number"
        raise SpecError(NotInThisVersion(span, what, hint))
    ragged = {n: at for n, at in sizes.items() if _differs(at, rows)}
    least = {n: shortest(at) for n, at in ragged.items() if isinstance(at, Dynamic)}
    try:
        made = padded(model, ragged, least=least)
        told = {name: n.model for name, n in held(made).items()} if several else {}
        told = told or dict.fromkeys(networks, made)
        graphs = [padded(step.graph, rows, told) for step in steps]
    except NotMasked as problem:
        why = PaddingCounts(span, problem.what, problem.line, problem.help)
        raise SpecError(why) from None
    pairs = zip(steps, graphs, strict=True)
    return made, tuple(step.model_copy(update={"graph": graph}) for step, graph in pairs)
