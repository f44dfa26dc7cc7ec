"""From a file to a program: the order of the stages, and nothing else."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from dlspec.diagnostics import Diagnostic, SpecError
from dlspec.frozen import frozen
from dlspec.ir.program import Program
from dlspec.source import Source


@frozen
class Result:
    """What became of a spec: its program, or None where it has errors; and what is to be said. The
    source has the texts that it imports."""

    source: Source | None
    program: Program | None
    diagnostics: tuple[Diagnostic, ...]

    @property
    def errors(self) -> tuple[Diagnostic, ...]:
        return tuple(d for d in self.diagnostics if d.severity == "error")


Classes = Mapping[str, Mapping[str, int]]
"""Class counts that only the data tells, by data and field, as a lock file has them."""
Names = Mapping[str, Mapping[str, Sequence[str]]]
"""The names of the classes that only the data tells, by data and field."""


def counts(names: Names) -> Classes:
    """How many classes each field has, of their names."""
    return {d: {f: len(c) for f, c in fields.items()} for d, fields in names.items()}


def check(
    spec: Path | Source,
    given: Sequence[str] = (),
    classes: Classes | None = None,
    runs: bool = True,
) -> Result:
    """The program of a spec, with everything that is wrong with it; `given` holds `--set`s.

    Where nobody `runs` the training, a model may be without weights.
    """
    from dlspec.syntax import read

    source: Source | None = spec if isinstance(spec, Source) else None
    try:
        source = spec if isinstance(spec, Source) else read(spec)
        return _check(source, given, classes, runs)
    except SpecError as error:
        return Result(source, None, error.diagnostics)


def _check(source: Source, given: Sequence[str], classes: Classes | None, runs: bool) -> Result:
    from dlspec.budget import broken_limits
    from dlspec.elaborate.file import collect
    from dlspec.elaborate.models import default_models, unused
    from dlspec.elaborate.parameters import parameters, settings
    from dlspec.elaborate.recipe import recipes
    from dlspec.elaborate.unresolved import unresolved
    from dlspec.elaborate.unused import unused as unused_names
    from dlspec.elaborate.written import note_table
    from dlspec.pipeline.consequences import independent
    from dlspec.pipeline.imports import imports
    from dlspec.syntax import parse

    file, found = parse(source)
    table = collect(file)
    whole = Source(source.name, source.text, imports(table, source))
    note_table(table)
    overrides = settings(given, table)
    declared = parameters(table, overrides)
    recipe = recipes(table, overrides, declared.scope, classes, runs)
    trained = recipe.trained.values()
    models, wrong_models = default_models(table, overrides, declared.scope, trained)
    program = Program(
        name=Path(source.name).stem,
        doc=table.doc,
        parameters=declared.values,
        spaces=declared.spaces,
        data=recipe.data,
        models=models,
        trains=recipe.trains,
        trained=recipe.trained,
        exports=recipe.exports,
        generates=recipe.generates,
        unused=unused(table, models, recipe.trained),
    )
    meant = [*table.problems, *declared.problems, *wrong_models, *recipe.problems]
    found = [*found, *independent(found, meant, file)]
    found.extend(broken_limits(program, source))
    if not any(d.severity == "error" for d in found):
        found.extend(unresolved(file, table))
    if not any(d.severity == "error" for d in found):
        found.extend(unused_names(file, table, program))
    return _result(whole, program, found)


def _result(source: Source, program: Program | None, found: list[Diagnostic]) -> Result:
    """The same mistake, met on two ways, is one."""
    once = {(d.code, d.span, d.title): d for d in reversed(found)}
    diagnostics = tuple(sorted(once.values(), key=_place))
    broken = any(d.severity == "error" for d in diagnostics)
    return Result(source, None if broken else program, diagnostics)


def _place(d: Diagnostic) -> tuple[str, int]:
    return (d.span.source.name, d.span.start) if d.span else ("", 0)
