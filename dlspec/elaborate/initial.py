"""`weights PATTERN { ... }` in a model or block: how weights start, and what they are held to."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from dlspec.cost import weights as arrays
from dlspec.diagnostics import Diagnostic, SpecError, nearest
from dlspec.diagnostics.names import PatternMatchesNothing, UnknownName
from dlspec.diagnostics.uses import Misplaced, UnknownArgument
from dlspec.diagnostics.values import BadValue, WrongType
from dlspec.elaborate.evaluate import Skip
from dlspec.elaborate.patterns import Patterns, matching, parts_of, weight_names
from dlspec.elaborate.values import Scope, describe
from dlspec.elaborate.written import note_object
from dlspec.frozen import frozen
from dlspec.ir import model as ir
from dlspec.ops.base import Weight
from dlspec.ops.constraints import CONSTRAINTS, Constraint
from dlspec.ops.init import INITS, Init
from dlspec.syntax import tree

if TYPE_CHECKING:
    from dlspec.elaborate.model import ModelBuilder

SETTINGS = {"init": "initial", "constraint": "constraints"}
"""What is said of weights in a model or block, and where the IR has it; a `train` block says other
things."""
EXAMPLE = "write `init = normal(std=0.02)` or `constraint = max_norm(3)`"


def said_of_weights(
    model: ir.ModelIR, patterns: Mapping[int, Patterns], builder: ModelBuilder
) -> tuple[dict[str, dict[str, Any]], list[Diagnostic]]:
    """What patterns of instances say, by field of the IR and neutral name.

    The last match wins: within a definition that of the later statement, and what is around a use
    of it wins over what it says itself.
    """
    found: dict[str, dict[str, Any]] = {field: {} for field in SETTINGS.values()}
    problems: list[Diagnostic] = []
    arrays_of = arrays(model)
    for prefix, rules in _below(model, _rules(model, patterns, builder, problems)):
        for rule in rules:
            names = tuple(ir.dotted(*prefix, name) for name in rule.names)
            for field, (made, written) in rule.settings.items():
                try:
                    _check(made, names, arrays_of, written)
                except SpecError as error:
                    problems.extend(error.diagnostics)
                found[field].update(dict.fromkeys(names, made))
    return found, problems


Settings = dict[str, tuple[Init | Constraint, tree.Expr]]
"""What is said of weights, by field of the IR, and where it is written."""


@frozen
class Rule:
    """What one statement of an instance says of some weights, which are named from there."""

    names: tuple[str, ...]
    settings: Settings


def _rules(
    model: ir.ModelIR,
    patterns: Mapping[int, Patterns],
    builder: ModelBuilder,
    problems: list[Diagnostic],
) -> dict[int, list[Rule]]:
    """The rules of each instance. A pattern has to match something in one of the uses of its
    definition: in another there may be fewer layers."""
    made: dict[int, list[Rule]] = {}
    nowhere: dict[tuple[int, tuple[str, ...]], Diagnostic | None] = {}
    for number, own in patterns.items():
        known = weight_names(model.model_copy(update={"instance": number}))
        for statement, scope in own.said:
            try:
                settings = _settings(statement, scope, builder)
                for pattern in statement.patterns:
                    parts = parts_of(pattern, scope, builder)
                    names = tuple(matching(parts, known))
                    made.setdefault(number, []).append(Rule(names, settings))
                    text = pattern.span.text
                    nothing = PatternMatchesNothing(pattern.span, text, tuple(known))
                    missed = nothing if own.whole and not names else None
                    key = (id(pattern), parts)
                    nowhere[key] = nowhere.get(key, missed) and missed
            except SpecError as error:
                problems.extend(error.diagnostics)
            except Skip:
                continue
    problems.extend(d for d in nowhere.values() if d is not None)
    return made


def _below(
    model: ir.ModelIR, rules: Mapping[int, list[Rule]]
) -> Iterator[tuple[ir.Path, list[Rule]]]:
    """The rules of every use of a block with its path, those of inner ones first."""

    def walk(number: int, prefix: ir.Path) -> Iterator[tuple[ir.Path, list[Rule]]]:
        for f in ir.within(model.instances[number].body):
            if isinstance(f, ir.Call):
                yield from walk(f.instance, (*prefix, *f.module))
        if number in rules:
            yield prefix, rules[number]

    return walk(model.instance, ())


def _check(
    made: Init | Constraint, names: tuple[str, ...], found: Mapping[str, Weight], e: tree.Expr
) -> None:
    """Whether an initialiser or a constraint fits the weights that match. Raises SpecError."""
    what = "init" if isinstance(made, Init) else "constraint"
    for name in names:
        for p in made.problems(found[name].shape):
            of = f"{p.what.replace('f32', '')}, the shape of {name}"
            raise SpecError(BadValue(e.span, (), p.parameter or what, of, p.help))


def _settings(statement: tree.Weights, scope: Scope, builder: ModelBuilder) -> Settings:
    """What a statement's body gives, by field of the IR."""
    made: Settings = {}
    for s in statement.body.statements:
        if not isinstance(s, tree.Assign) or len(s.names) != 1:
            raise SpecError(Misplaced(s.span, "this", "`weights` of a model or block", EXAMPLE))
        name = s.names[0]
        match name.id:
            case "init":
                found = _object(s.value, INITS, "initialiser", scope, builder)
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
) -> Init | Constraint:
    """The initialiser or constraint that an expression names."""
    call = e if isinstance(e, tree.Call) else None
    name = call.callee if call is not None else e
    if isinstance(name, tree.Name) and name.id in table:
        arguments = call.arguments if call is not None else ()
        made = builder.configure(table[name.id], arguments, e.span, scope)[0].model_copy()
        assert isinstance(made, Init | Constraint)
        note_object(made, e)  # of its own, since `zeros` is one object wherever it stands
        return made
    if isinstance(name, tree.Name):
        raise SpecError(UnknownName(name.span, name.id, what, nearest(name.id, table)))
    found = describe(builder.value(e, scope))
    article = "an" if what[0] in "aeiou" else "a"
    raise SpecError(WrongType(e.span, (), what, f"{article} {what}", found))
