"""The parameters of a file: their values, the values given with `--set`, their search spaces."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, get_args

from dlspec import ops
from dlspec.diagnostics import Diagnostic, SpecError, nearest
from dlspec.diagnostics.commands import BadSetting, UnknownSpace
from dlspec.diagnostics.names import UnknownOverride
from dlspec.diagnostics.uses import MissingArgument
from dlspec.diagnostics.values import OutOfSpace
from dlspec.elaborate.arithmetic import FUNCTIONS
from dlspec.elaborate.evaluate import Skip
from dlspec.elaborate.file import FileTable
from dlspec.elaborate.functions import FunctionEvaluator
from dlspec.elaborate.uses import walk
from dlspec.elaborate.values import Broken, Scope, text
from dlspec.expr import Static, constant
from dlspec.ir.program import Space
from dlspec.source import Source
from dlspec.syntax import parse, tree

SETTING = re.compile(r"\s*((?:[A-Za-z_]\w*\.)?([A-Za-z_]\w*))\s*=(.*)", re.DOTALL)
SPACES = get_args(Space.model_fields["kind"].annotation)


def settings(given: Sequence[str], table: FileTable) -> dict[str, tree.Expr]:
    """`--set name=value` and `--set Model.parameter=value` as expressions, by name.

    The last of two for one name wins. Raises SpecError with everything that is wrong.
    """
    problems: list[Diagnostic] = []
    found: dict[str, tree.Expr] = {}
    known = tuple(_known(table))
    for setting in given:
        match = SETTING.fullmatch(setting)
        if match is None:
            problems.append(BadSetting(None, setting))
            continue
        name, parameter, value = match.groups()
        if name not in known:
            problems.append(UnknownOverride(None, name, known, nearest(name, known)))
            continue
        file, errors = parse(Source(f"--set {name}", f"{parameter}={value.strip()}"))
        match file.statements:
            case (tree.Assign(names=(_,), type=None, value=e),) if not errors:
                found[name] = e
            case _:
                problems.extend(errors or [BadSetting(None, setting)])
    if problems:
        raise SpecError(*problems)
    return found


def _known(table: FileTable) -> Iterator[str]:
    yield from table.parameters
    for name, definition in table.definitions.items():
        if definition.name.id == name:  # imported under another name, it keeps its defaults
            yield from (f"{name}.{p.name.id}" for p in definition.parameters)


@dataclass
class Parameters:
    """The parameters of a file: the scope that they make, their values, the search spaces by the
    names that `--set` takes, and what is wrong with them."""

    scope: Scope
    values: dict[str, Any] = field(default_factory=dict)
    spaces: dict[str, Space] = field(default_factory=dict)
    problems: list[Diagnostic] = field(default_factory=list)

    def space(self, name: str, found: Space | None) -> None:
        if found is not None:
            self.spaces[name] = found


def parameters(table: FileTable, overrides: Mapping[str, tree.Expr]) -> Parameters:
    """The parameters of a file, and the search spaces of its models and blocks."""
    evaluator = FunctionEvaluator(table, overrides)
    made = Parameters(evaluator.file_scope)
    scope, problems = made.scope, made.problems
    scope.entries.update(dict.fromkeys(table.broken, Broken()))
    for name, declared in table.parameters.items():
        p = declared.parameter
        given = overrides.get(name, p.default)
        if given is None:
            scope.entries[name] = Broken()
            problems.append(MissingArgument(p.span, "this spec", (name,)))
            continue
        try:
            # `--set` is read in the file's scope, like the default that it replaces
            found = evaluator.typed(p.type, given, scope, name)
            made.space(name, space(evaluator, p, found.value, given, scope))
        except SpecError as error:
            problems.extend(error.diagnostics)
            scope.entries[name] = Broken()
            continue
        except Skip:
            scope.entries[name] = Broken()
            continue
        made.values[name] = found.value
        plain = isinstance(found.value, bool | int | float | str)
        scope.entries[name] = constant(found.value) if plain else Static(found.value)
    _constants(table, evaluator, made)
    _definitions(table, evaluator, overrides, made)
    return made


def _constants(table: FileTable, evaluator: FunctionEvaluator, made: Parameters) -> None:
    """The constants of the file that are numbers; one that is a tensor is made where it is read."""
    tensors: set[str] = set()
    for name, s in table.constants.items():
        if any(isinstance(n, tree.Name) and _tensor(n.id, tensors) for n in walk(s.value)):
            tensors.add(name)
            continue
        try:
            value = evaluator.value(s.value, made.scope).value
        except SpecError as error:
            made.problems.extend(error.diagnostics)
            made.scope.entries[name] = Broken()
        except Skip:
            made.scope.entries[name] = Broken()
        else:
            plain = isinstance(value, bool | int | float | str)
            made.scope.entries[name] = constant(value) if plain else Static(value)


def _tensor(name: str, tensors: set[str]) -> bool:
    """Whether an expression that names this makes a tensor."""
    return name in tensors or (name not in FUNCTIONS and ops.lookup(name) is not None)


def _definitions(
    table: FileTable,
    evaluator: FunctionEvaluator,
    overrides: Mapping[str, tree.Expr],
    made: Parameters,
) -> None:
    """The search spaces of models and blocks."""
    for owner, definition in table.definitions.items():
        for p in definition.parameters:
            name = f"{owner}.{p.name.id}"
            given = overrides.get(name, p.default)
            if p.space is None or given is None:
                continue
            scope = evaluator.file_scope
            try:
                value = evaluator.typed(p.type, given, scope, p.name.id).value
                made.space(name, space(evaluator, p, value, given, scope))
            except SpecError as error:
                made.problems.extend(error.diagnostics)
            except Skip:
                continue


def space(
    evaluator: FunctionEvaluator, p: tree.Parameter, value: Any, given: tree.Expr, scope: Scope
) -> Space | None:
    """The parameter's space: `choice(...)`, `log(a, b)`, `uniform(a, b)`; None where it has none.

    Raises SpecError where the value does not lie in it, or where it is no space.
    """
    written = p.space
    if written is None:
        return None
    call = isinstance(written, tree.Call) and isinstance(written.callee, tree.Name)
    if not call or written.callee.id not in SPACES:  # type: ignore[union-attr]
        raise SpecError(UnknownSpace(written.span))
    kind = written.callee.id  # type: ignore[union-attr]
    arguments = written.arguments  # type: ignore[union-attr]
    if any(a.name for a in arguments) or not arguments:
        raise SpecError(UnknownSpace(written.span, "it takes values without names"))
    limits = [evaluator.typed(p.type, a.value, scope, p.name.id).value for a in arguments]
    if kind == "choice":
        fits = any(type(v) is type(value) and v == value for v in limits)
    else:
        why = _bad_bounds(kind, limits)
        if why:
            raise SpecError(UnknownSpace(written.span, why))
        fits = isinstance(value, int | float) and limits[0] <= value <= limits[1]
    if not fits:
        raise SpecError(OutOfSpace(given.span, p.name.id, text(value), written.span.text))
    return Space(kind=kind, values=tuple(limits))  # type: ignore[arg-type]


def _bad_bounds(kind: str, limits: list[Any]) -> str:
    numbers = all(isinstance(v, int | float) and not isinstance(v, bool) for v in limits)
    if len(limits) != 2 or not numbers:
        return f"`{kind}` takes two numbers, the least and the greatest"
    if limits[0] >= limits[1]:
        return "the least comes first, then the greatest"
    if kind == "log" and limits[0] <= 0:
        return "a logarithmic space lies above 0"
    return ""
