"""The models of a file with their defaults, whether a `train` block uses them or not."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from dlspec.diagnostics import Diagnostic, SpecError
from dlspec.elaborate.evaluate import Skip
from dlspec.elaborate.file import FileTable
from dlspec.elaborate.model import ModelBuilder
from dlspec.elaborate.unread import digest
from dlspec.elaborate.values import Scope
from dlspec.ir.model import ModelIR
from dlspec.syntax import tree


def unused(table: FileTable, *made: Mapping[str, ModelIR]) -> dict[str, str]:
    """A digest of each block and model that none of these models uses, and of each function: what
    it gives is in the IR, but not what it would give elsewhere."""
    used = {name for models in made for model in models.values() for name in model.definitions}
    rest = {n: digest([d]) for n, d in table.definitions.items() if n not in used}
    return rest | {n: digest([f]) for n, f in table.functions.items()}


def default_models(
    table: FileTable,
    overrides: Mapping[str, tree.Expr],
    scope: Scope,
    trained: Iterable[ModelIR] = (),
) -> tuple[dict[str, ModelIR], list[Diagnostic]]:
    """Every model whose parameters all have a default or a `--set`, and what is wrong with them.

    A model that was made already, for a `train` block, with the same arguments is taken from there.
    """
    made: dict[str, ModelIR] = {}
    problems: list[Diagnostic] = []
    for name, definition in table.models.items():
        given = (f"{name}.{p.name.id}" in overrides or p.default for p in definition.parameters)
        if not all(given):
            continue
        builder = ModelBuilder(table, overrides, scope)
        try:
            layer = builder.block_layer(definition, (), definition.name.span, scope)
            values = {n: s.value for n, s in layer.arguments.items()}
            model = _found(trained, name, values) or builder.model(layer)
        except SpecError as error:
            problems.extend(error.diagnostics)
            continue
        except Skip:
            continue
        problems.extend((*builder.problems, *builder.warnings))
        if model is not None:
            made[name] = model
    return made, problems


def _found(models: Iterable[ModelIR], name: str, values: dict[str, Any]) -> ModelIR | None:
    alike = (m for m in models if m.name == name and m.root.arguments == values)
    return next(alike, None)
