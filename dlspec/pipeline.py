"""From a file to a program: the order of the stages, and nothing else."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from dlspec.diagnostics import Diagnostic, SpecError
from dlspec.diagnostics.text import NotUtf8, Unreadable
from dlspec.ir.program import Program
from dlspec.source import Source


@dataclass(frozen=True)
class Result:
    """What became of a spec: its program, or None where it has errors; and what is to be said."""

    source: Source | None
    program: Program | None
    diagnostics: tuple[Diagnostic, ...]

    @property
    def errors(self) -> tuple[Diagnostic, ...]:
        return tuple(d for d in self.diagnostics if d.severity == "error")


def read(path: Path) -> Source:
    """The text of a file, without a byte order mark. Raises SpecError."""
    name = path.as_posix()
    try:
        data = path.read_bytes()
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise SpecError(Unreadable(None, name, reason)) from None
    except ValueError:
        raise SpecError(Unreadable(None, name, "not a path")) from None
    try:
        return Source(name, data.decode("utf-8").removeprefix("\ufeff"))
    except UnicodeDecodeError as error:
        byte = data[error.start]
        raise SpecError(NotUtf8(None, name, error.start, byte)) from None


def check(spec: Path | Source, given: Sequence[str] = ()) -> Result:
    """The program of a spec, with everything that is wrong with it; `given` holds `--set`s."""
    source: Source | None = spec if isinstance(spec, Source) else None
    try:
        source = spec if isinstance(spec, Source) else read(spec)
        return _check(source, given)
    except SpecError as error:
        return Result(source, None, error.diagnostics)


def _check(source: Source, given: Sequence[str]) -> Result:
    from dlspec.elaborate.file import collect
    from dlspec.elaborate.models import default_models
    from dlspec.elaborate.parameters import file_scope, settings
    from dlspec.syntax import parse

    file, found = parse(source)
    table = collect(file)
    overrides = settings(given, table)
    scope, values, problems = file_scope(table, overrides)
    models, wrong = default_models(table, overrides, scope)
    found = [*found, *table.problems, *problems, *wrong]
    program = Program(
        name=Path(source.name).stem,
        doc=table.doc,
        parameters=values,
        models=models,
    )
    return _result(source, program, found)


def _result(source: Source, program: Program | None, found: list[Diagnostic]) -> Result:
    """The same mistake, met on two ways, is one."""
    once = {(d.code, d.span, d.title): d for d in reversed(found)}
    diagnostics = tuple(sorted(once.values(), key=_place))
    broken = any(d.severity == "error" for d in diagnostics)
    return Result(source, None if broken else program, diagnostics)


def _place(d: Diagnostic) -> tuple[str, int]:
    return (d.span.source.name, d.span.start) if d.span else ("", 0)
