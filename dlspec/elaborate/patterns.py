"""Patterns of weights: `*.bias`, `LayerNorm`, `bert.layers[i]`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from dlspec.diagnostics import SpecError
from dlspec.diagnostics.names import PatternMatchesNothing
from dlspec.elaborate.evaluate import Evaluator
from dlspec.elaborate.reserved import safe
from dlspec.elaborate.values import Scope
from dlspec.frozen import frozen
from dlspec.ir import model as ir
from dlspec.ops.kernel_norm import plain_name
from dlspec.syntax import tree

Names = dict[str, frozenset[str]]
"""Neutral name of a weight -> the kinds that own it: its op's, and those of the blocks around."""


@frozen
class Patterns:
    """What an instance says of its weights, in order; `whole` unless the rest of its definition is
    left out (`Net.features`), so that there may be less than it speaks of."""

    said: tuple[tuple[tree.Weights, Scope], ...]
    whole: bool


def weight_names(model: ir.ModelIR) -> Names:
    """The weights that training moves, with the kinds that a pattern may call them by."""
    names: Names = {}

    def walk(instance: ir.Instance, prefix: ir.Path, kinds: frozenset[str]) -> None:
        for f in ir.within(instance.body):
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
    pattern: tree.Pattern, known: Names, scope: Scope, evaluator: Evaluator
) -> tuple[str, ...]:
    """The weights of a pattern. Raises SpecError where there are none."""
    found = tuple(matching(parts_of(pattern, scope, evaluator), known))
    if not found:
        raise SpecError(PatternMatchesNothing(pattern.span, pattern.span.text, tuple(known)))
    return found


def parts_of(pattern: tree.Pattern, scope: Scope, evaluator: Evaluator) -> tuple[str, ...]:
    """The names of a pattern, every index known. Raises SpecError."""
    parts: list[str] = []
    for part in pattern.parts:
        if isinstance(part, tree.Name):
            parts.append(part.id)
        else:
            assert isinstance(part, tree.List)
            (subscript,) = part.items
            parts.append(str(evaluator.value(subscript, scope).value))
    return tuple(parts)


def matching(parts: Sequence[str], known: Names) -> Iterator[str]:
    """The weights of a path, with everything below it, or of a kind (`Dense.weight`)."""
    for name, kinds in known.items():
        path = plain_name(name).split(".")
        if parts[0] in kinds and (len(parts) == 1 or path[-len(parts) + 1 :] == [*parts[1:]]):
            yield name
        elif parts[0] == "*":
            rest = parts[1:]
            starts = range(1, len(path) - len(rest) + 1)
            if any(_below(rest, path[i:]) for i in starts):
                yield name
        elif _below(parts, path):
            yield name


def _below(parts: Sequence[str], path: Sequence[str]) -> bool:
    """Whether a path begins with these parts, where `*` is any one name. A name that is reserved
    stands in a pattern as the spec has it."""
    if len(path) < len(parts):
        return False
    return all(p == "*" or q in (p, safe(p)) for p, q in zip(parts, path, strict=False))
