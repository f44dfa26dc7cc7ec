"""Everything of a file outside its models, in the IR."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from dlspec.diagnostics import Diagnostic
from dlspec.elaborate.data import DataBuilder
from dlspec.elaborate.export import ExportBuilder
from dlspec.elaborate.feeding import KnownData
from dlspec.elaborate.file import FileTable
from dlspec.elaborate.functions import FunctionEvaluator
from dlspec.elaborate.generate import GenerateBuilder
from dlspec.elaborate.objects import Objects
from dlspec.elaborate.train import TrainBuilder
from dlspec.elaborate.values import Scope
from dlspec.ir import recipe as ir
from dlspec.ir.model import ModelIR
from dlspec.syntax import tree


@dataclass
class Recipes:
    """The data, trainings (with the model of each), exports and `generate` blocks of a file, and
    what is wrong.

    Blocks that have errors are missing.
    """

    data: dict[str, ir.Data] = field(default_factory=dict)
    trains: dict[str, ir.Train] = field(default_factory=dict)
    trained: dict[str, ModelIR] = field(default_factory=dict)
    exports: dict[str, ir.Export] = field(default_factory=dict)
    generates: dict[str, ir.Generate] = field(default_factory=dict)
    problems: list[Diagnostic] = field(default_factory=list)


def recipes(
    table: FileTable,
    overrides: Mapping[str, tree.Expr],
    scope: Scope,
    classes: Mapping[str, Mapping[str, int]] | None = None,
    runs: bool = True,
) -> Recipes:
    """The recipes of a file, in the scope of its parameters.

    `classes` has the class counts that only the data tells, by data and field, where they are
    known already (from a lock file). Where nobody `runs` a training, its model may be without
    weights.
    """
    found = Recipes()
    evaluator = FunctionEvaluator(table, overrides)
    evaluator.file_scope = scope
    objects = Objects(evaluator, scope)
    known = {
        name: _data(block, objects, dict((classes or {}).get(name, {})))
        for name, block in table.data.items()
    }
    trains: dict[str, ir.Train | None] = {}
    for name, block in table.trains.items():
        made = TrainBuilder(block, table, overrides, objects, known, runs).build()
        trains[name] = made[0] if made else None
        if made:
            found.trains[name], found.trained[name] = made
    for name, block in table.exports.items():
        export = ExportBuilder(block, objects, trains, found.trained).build()
        if export:
            found.exports[name] = export
    for name, block in table.generates.items():
        generate = GenerateBuilder(block, objects, trains, found.trained, table.constants).build()
        if generate:
            found.generates[name] = generate
    found.data = {n: k.ir for n, k in known.items() if k.ir is not None}
    found.problems = _once(objects.problems)
    return found


def _data(block: tree.Declaration, objects: Objects, classes: dict[str, int]) -> KnownData:
    builder = DataBuilder(block, objects, classes)
    made = builder.build()
    splits = [
        s.value.span
        for s in block.body.statements
        if isinstance(s, tree.Assign) and s.names[0].id == "split"
    ]
    told = {f.name: f.type.classes for f in made.fields} if made is not None else classes
    counted = {
        name.id: told.get(name.id)
        for s in block.body.statements
        if isinstance(s, tree.Field)
        for name, type_ in s.fields
        if type_.name.id == "class" and not type_.groups
    }
    return KnownData(made, builder.spans, splits[0] if splits else None, counted)


def _once(problems: list[Diagnostic]) -> list[Diagnostic]:
    """Two trainings of one broken model report it once."""
    seen = set()
    kept = []
    for p in problems:
        key = (p.code, p.span, p.title)
        if key not in seen:
            seen.add(key)
            kept.append(p)
    return kept
