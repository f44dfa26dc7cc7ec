"""`weights PATTERN { init = ... }` in a model: other initialisers for the weights that match."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from dlspec.diagnostics import Diagnostic, SpecError, nearest
from dlspec.diagnostics.names import (
    Misplaced,
    NotInThisVersion,
    PatternMatchesNothing,
    UnknownArgument,
)
from dlspec.diagnostics.values import WrongType
from dlspec.elaborate.evaluate import Skip
from dlspec.elaborate.values import Scope, describe
from dlspec.ir import model as ir
from dlspec.ops.init import INITS, Init
from dlspec.syntax import tree

if TYPE_CHECKING:
    from dlspec.elaborate.model import ModelBuilder

SETTINGS = ("init",)
"""What a model may say of its weights; a `train` block says other things."""

Names = dict[str, frozenset[str]]
"""Neutral name of a weight -> the kinds that own it: its op's, and those of the blocks around."""


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
                matched = list(matches(pattern, known, scope, builder))
            except SpecError as error:
                problems.extend(error.diagnostics)
                continue
            if not matched:
                unmatched = PatternMatchesNothing(pattern.span, pattern.span.text, tuple(known))
                problems.append(unmatched)
            found.update(dict.fromkeys(matched, init))
    return found, problems


def weight_names(model: ir.ModelIR) -> Names:
    """The weights that training moves, with the kinds that a pattern may call them by."""
    names: Names = {}

    def walk(instance: ir.Instance, prefix: ir.Path, kinds: frozenset[str]) -> None:
        for s in ir.statements(instance.body):
            for f in ir.flows(s.value):
                if isinstance(f, ir.Call):
                    walk(model.instances[f.instance], (*prefix, *f.module), kinds | {f.block})
                elif isinstance(f, ir.Apply) and f.module is not None:
                    x = tuple(i.types[0] for i in f.inputs)
                    for w in f.op.weights(*x):
                        if w.kind != "statistics":
                            name = ir.dotted(*prefix, *f.module, w.name)
                            names[name] = kinds | {f.op.kind()}

    walk(model.root, (), frozenset())
    return names


def matches(
    pattern: tree.Pattern, known: Names, scope: Scope, builder: ModelBuilder
) -> Iterator[str]:
    """The weights of a pattern: a path with everything below it, or a kind (`Dense.weight`)."""
    parts: list[str] = []
    for part in pattern.parts:
        if isinstance(part, tree.Name):
            parts.append(part.id)
        else:
            parts.append(str(builder.value(part, scope).value))
    for name, kinds in known.items():
        path = name.split(".")
        if parts[0] in kinds and (len(parts) == 1 or path[-len(parts) + 1 :] == parts[1:]):
            yield name
        elif parts[0] == "*":
            rest = parts[1:]
            starts = range(1, len(path) - len(rest) + 1)
            if any(_below(rest, path[i:]) for i in starts):
                yield name
        elif _below(parts, path):
            yield name


def _below(parts: list[str], path: list[str]) -> bool:
    """Whether a path begins with these parts, where `*` is any one name."""
    if len(path) < len(parts):
        return False
    return all(p in ("*", q) for p, q in zip(parts, path, strict=False))


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
