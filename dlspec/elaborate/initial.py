"""`weights PATTERN { init = ... }` in a model: other initialisers for the weights that match."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dlspec.diagnostics import Diagnostic, SpecError, nearest
from dlspec.diagnostics.names import (
    Misplaced,
    NotInThisVersion,
    UnknownArgument,
)
from dlspec.diagnostics.values import WrongType
from dlspec.elaborate.evaluate import Skip
from dlspec.elaborate.patterns import matches, weight_names
from dlspec.elaborate.values import Scope, describe
from dlspec.ir import model as ir
from dlspec.ops.init import INITS, Init
from dlspec.syntax import tree

if TYPE_CHECKING:
    from dlspec.elaborate.model import ModelBuilder

SETTINGS = ("init",)
"""What a model may say of its weights; a `train` block says other things."""


def initial(
    model: ir.ModelIR, patterns: list[tuple[tree.Weights, Scope]], builder: ModelBuilder
) -> tuple[dict[str, Any], list[Diagnostic]]:
    """The initialisers that patterns give, by neutral name. The last match wins."""
    known = weight_names(model)
    found: dict[str, Any] = {}
    problems: list[Diagnostic] = []
    for statement, scope in patterns:
        try:
            init = _init(statement, scope, builder)
        except SpecError as error:
            problems.extend(error.diagnostics)
            continue
        except Skip:
            continue
        for pattern in statement.patterns:
            try:
                matched = matches(pattern, known, scope, builder)
            except SpecError as error:
                problems.extend(error.diagnostics)
                continue
            found.update(dict.fromkeys(matched, init))
    return found, problems


def _init(statement: tree.Weights, scope: Scope, builder: ModelBuilder) -> Init:
    """The initialiser that a statement's body gives."""
    made: Init | None = None
    for s in statement.body.statements:
        if not isinstance(s, tree.Assign) or len(s.names) != 1:
            hint = "write `init = normal(std=0.02)`"
            raise SpecError(Misplaced(s.span, "this", "`weights` of a model", hint))
        name = s.names[0]
        if name.id == "constraint":
            raise SpecError(NotInThisVersion(name.span, "`constraint`"))
        if name.id not in SETTINGS:
            close = nearest(name.id, SETTINGS)
            raise SpecError(UnknownArgument(name.span, name.id, "`weights`", SETTINGS, close))
        made = _initialiser(s.value, scope, builder)
    if made is None:
        hint = "write `init = normal(std=0.02)`"
        raise SpecError(Misplaced(statement.span, "an empty body", "`weights`", hint))
    return made


def _initialiser(e: tree.Expr, scope: Scope, builder: ModelBuilder) -> Init:
    call = e if isinstance(e, tree.Call) else None
    name = call.callee if call is not None else e
    if isinstance(name, tree.Name) and name.id in INITS:
        arguments = call.arguments if call is not None else ()
        made, _ = builder.configure(INITS[name.id], arguments, e.span, scope)
        assert isinstance(made, Init)
        return made
    if isinstance(name, tree.Name):
        from dlspec.diagnostics.names import UnknownName

        close = nearest(name.id, INITS)
        raise SpecError(UnknownName(name.span, name.id, "initialiser", close))
    found = describe(builder.value(e, scope))
    raise SpecError(WrongType(e.span, (), "init", "an initialiser", found))
