"""`weights PATTERN { ... }` in a model: how weights start, and what they are held to."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dlspec.cost import weights as arrays
from dlspec.declared import Declared
from dlspec.diagnostics import Diagnostic, SpecError, nearest
from dlspec.diagnostics.names import Misplaced, UnknownArgument, UnknownName
from dlspec.diagnostics.values import BadValue, WrongType
from dlspec.elaborate.evaluate import Skip
from dlspec.elaborate.patterns import matches, weight_names
from dlspec.elaborate.values import Scope, describe
from dlspec.ir import model as ir
from dlspec.ops.constraints import CONSTRAINTS, Constraint
from dlspec.ops.init import INITS, Init
from dlspec.syntax import tree

if TYPE_CHECKING:
    from dlspec.elaborate.model import ModelBuilder

SETTINGS = {"init": "initial", "constraint": "constraints"}
"""What a model may say of its weights, and where the IR has it; a `train` block says other things.
"""
EXAMPLE = "write `init = normal(std=0.02)` or `constraint = max_norm(3)`"


def said_of_weights(
    model: ir.ModelIR, patterns: list[tuple[tree.Weights, Scope]], builder: ModelBuilder
) -> tuple[dict[str, dict[str, Any]], list[Diagnostic]]:
    """What patterns say, by field of the IR and neutral name. The last match wins."""
    known = weight_names(model)
    found: dict[str, dict[str, Any]] = {field: {} for field in SETTINGS.values()}
    problems: list[Diagnostic] = []
    for statement, scope in patterns:
        try:
            settings = _settings(statement, scope, builder)
        except SpecError as error:
            problems.extend(error.diagnostics)
            continue
        except Skip:
            continue
        for pattern in statement.patterns:
            try:
                matched = matches(pattern, known, scope, builder)
                for field, (made, written) in settings.items():
                    if isinstance(made, Constraint):
                        _check(made, matched, model, written)
                    found[field].update(dict.fromkeys(matched, made))
            except SpecError as error:
                problems.extend(error.diagnostics)
    return found, problems


def _check(made: Constraint, names: tuple[str, ...], model: ir.ModelIR, e: tree.Expr) -> None:
    """Whether a constraint fits the weights that match. Raises SpecError."""
    found = arrays(model)
    for name in names:
        for p in made.problems(found[name].shape):
            of = f"{p.what.replace('f32', '')}, the shape of {name}"
            raise SpecError(BadValue(e.span, (), p.parameter or "constraint", of, p.help))


def _settings(
    statement: tree.Weights, scope: Scope, builder: ModelBuilder
) -> dict[str, tuple[Declared, tree.Expr]]:
    """What a statement's body gives, by field of the IR."""
    made: dict[str, tuple[Declared, tree.Expr]] = {}
    for s in statement.body.statements:
        if not isinstance(s, tree.Assign) or len(s.names) != 1:
            raise SpecError(Misplaced(s.span, "this", "`weights` of a model", EXAMPLE))
        name = s.names[0]
        match name.id:
            case "init":
                found = _object(s.value, INITS, "initialiser", scope, builder)
                assert isinstance(found, Init)
            case "constraint":
                found = _object(s.value, CONSTRAINTS, "constraint", scope, builder)
            case _:
                known = tuple(SETTINGS)
                close = nearest(name.id, known)
                raise SpecError(UnknownArgument(name.span, name.id, "`weights`", known, close))
        made[SETTINGS[name.id]] = found, s.value
    if not made:
        raise SpecError(Misplaced(statement.span, "an empty body", "`weights`", EXAMPLE))
    return made


def _object(
    e: tree.Expr, table: dict[str, Any], what: str, scope: Scope, builder: ModelBuilder
) -> Declared:
    """The initialiser or constraint that an expression names."""
    call = e if isinstance(e, tree.Call) else None
    name = call.callee if call is not None else e
    if isinstance(name, tree.Name) and name.id in table:
        arguments = call.arguments if call is not None else ()
        return builder.configure(table[name.id], arguments, e.span, scope)[0]
    if isinstance(name, tree.Name):
        raise SpecError(UnknownName(name.span, name.id, what, nearest(name.id, table)))
    found = describe(builder.value(e, scope))
    article = "an" if what[0] in "aeiou" else "a"
    raise SpecError(WrongType(e.span, (), what, f"{article} {what}", found))
