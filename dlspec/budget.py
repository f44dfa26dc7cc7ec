"""Limits of a budget that are broken before anything is trained."""

from __future__ import annotations

from collections.abc import Iterator

from dlspec.cost import BYTES, Cost, LayerCost, cost
from dlspec.diagnostics import Diagnostic
from dlspec.diagnostics.commands import BudgetCannotHold
from dlspec.ir.program import Program
from dlspec.ir.recipe import Export, Limit
from dlspec.source import Source, Span

FOLDED = frozenset({"BatchNorm"})
"""What an export may fold into the layer before it."""


def broken_limits(program: Program, source: Source) -> Iterator[Diagnostic]:
    """The limits that cannot hold, whatever the export does."""
    for export in program.exports.values():
        if not export.budget or program.standing_in(export.train):
            continue  # a count that only the data tells is known to the export
        costs = cost(program.trained[export.train])
        for limit in export.budget:
            shares = measured(export, limit.measure, costs)
            found = _total(limit.measure, shares)
            if found > limit.most:
                unit = "" if limit.measure == "macs" else " bytes"
                least = "" if limit.measure == "macs" else "at least "
                yield BudgetCannotHold(
                    _span(limit, source),
                    f"{limit.measure} <= {limit.text}",
                    f"{limit.measure} is {least}{found:,}{unit}",
                    tuple(_share(layer, n, unit) for layer, n in _largest(shares)),
                )


Shares = list[tuple[LayerCost, int]]


def measured(export: Export, measure: str, costs: Cost) -> Shares:
    """What each layer adds to a measure (for `ram`: what it needs), as far as it is known."""
    byte = 1 if export.quantize is not None else BYTES["f32"]
    match measure:
        case "macs":
            return [(layer, layer.macs) for layer in costs.layers]
        case "size":
            kept = [layer for layer in costs.layers if layer.kind not in FOLDED]
            return [(layer, (layer.parameters.learned - layer.folded) * byte) for layer in kept]
        case "ram":
            return [(layer, layer.needs * byte // BYTES["f32"]) for layer in costs.layers]
        case _:
            return []


def _total(measure: str, shares: Shares) -> int:
    numbers = [n for _, n in shares]
    return max(numbers, default=0) if measure == "ram" else sum(numbers)


def _largest(shares: Shares) -> Shares:
    return sorted((s for s in shares if s[1]), key=lambda s: -s[1])[:3]


def _share(layer: LayerCost, n: int, unit: str) -> str:
    return f"{layer.name} ({layer.kind}, line {layer.line}) with {n:,}{unit}"


def _span(limit: Limit, source: Source) -> Span:
    start = source.line_starts[limit.line - 1]
    at = source.text.find(limit.text, start)
    begin = at if at >= 0 else start
    return Span(source, begin, begin + len(limit.text))
