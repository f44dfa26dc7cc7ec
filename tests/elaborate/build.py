"""Models from text, for tests."""

from __future__ import annotations

from dlspec.diagnostics import Diagnostic
from dlspec.ir import model as ir
from dlspec.pipeline import check
from dlspec.source import Source


def model(text: str, name: str | None = None, given: tuple[str, ...] = ()) -> ir.ModelIR:
    """The last model of a spec (or the one named), which must have no errors."""
    result = check(Source("spec.dls", text), given)
    assert result.program is not None, [str(d.title) for d in result.diagnostics]
    models = result.program.models
    return models[name or list(models)[-1]]


def problems(text: str) -> list[Diagnostic]:
    return list(check(Source("spec.dls", text)).diagnostics)


def weight_names(made: ir.ModelIR) -> list[str]:
    """The neutral names of all weights, once each, in order of execution."""
    found = {}
    for layer in ir.layers(made):
        x = tuple(f.types[0] for f in layer.apply.inputs)
        if layer.apply.module is not None:
            for w in layer.apply.op.weights(*x):
                found[ir.dotted(layer.name, w.name)] = w
    return list(found)


def layer_names(made: ir.ModelIR) -> list[str]:
    """The paths of all layers with weights; a block's own weight is its own path."""
    return list(dict.fromkeys(n.rpartition(".")[0] or n for n in weight_names(made)))


def parameters(made: ir.ModelIR) -> int:
    """The number of learned parameters."""
    found = {}
    for layer in ir.layers(made):
        x = tuple(f.types[0] for f in layer.apply.inputs)
        if layer.apply.module is not None:
            for w in layer.apply.op.weights(*x):
                if w.kind != "statistics":
                    found[ir.dotted(layer.name, w.name)] = w.size
    return sum(found.values())
