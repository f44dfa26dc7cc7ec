"""Constraints in a `train.py`: names of weights as short patterns, and what each is held to."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping

from dlspec.emit import python as py
from dlspec.ops.base import Weight
from dlspec.ops.constraints import Constraint, OfNorms
from dlspec.programs.groups import globs

Rule = tuple[Constraint, tuple[int, ...] | None]
"""A constraint with the axes of its norms."""


def rules(
    constraints: Mapping[str, Constraint], weights: Mapping[str, Weight]
) -> dict[Rule, list[str]]:
    """Each constraint, with the axes of its norms, and the weights that it holds."""
    found: dict[Rule, list[str]] = {}
    for name, made in constraints.items():
        axes = made.axes(len(weights[name].shape)) if isinstance(made, OfNorms) else None
        found.setdefault((made, axes), []).append(name)
    return found


def table(
    found: Mapping[Rule, Collection[str]],
    weights: Collection[str],
    made: Callable[[Constraint, tuple[int, ...] | None], tuple[py.Expr, ...]],
) -> py.Assign:
    """`CONSTRAINTS`: patterns among the names of all weights, and what `made` writes of a rule."""

    def rows() -> Iterator[py.Expr]:
        for (constraint, axes), names in found.items():
            patterns = tuple(map(py.literal, globs(names, weights)))
            yield py.Tuple((py.Tuple(patterns), *made(constraint, axes)))

    said = "names of weights, and what they are held to"
    return py.Assign("CONSTRAINTS", py.Tuple(tuple(rows()), broken=True), said)
