"""Which argument of a block or function is which, from how it is used."""

from __future__ import annotations

from collections.abc import Sequence, Set
from typing import Protocol, TypeVar

from dlspec.diagnostics import Diagnostic, nearest
from dlspec.diagnostics.uses import MissingArgument, UnknownArgument, WrongArgumentCount
from dlspec.source import Span
from dlspec.syntax import tree


class Argument(Protocol):
    """An argument as it was written, or evaluated already."""

    @property
    def span(self) -> Span: ...

    @property
    def name(self) -> tree.Name | None: ...


A = TypeVar("A", bound=Argument)


def bind(
    definition: tree.Definition | tree.Fn,
    arguments: Sequence[A],
    span: Span,
    set_elsewhere: Set[str] = frozenset(),
) -> tuple[dict[str, A], list[Diagnostic]]:
    """The arguments by the names of the parameters, and what is wrong with them."""
    owner = definition.name.id
    parameters = {p.name.id: p for p in definition.parameters}
    order = tuple(parameters)
    given: dict[str, A] = {}
    problems: list[Diagnostic] = []
    for i, a in enumerate(arguments):
        if a.name is None:
            if i >= len(order):
                takes = f"{len(order)} argument{'s' * (len(order) != 1)}"
                what = f"{owner} takes {takes}, got {len(arguments)}"
                problems.append(WrongArgumentCount(a.span, what))
                break
            given[order[i]] = a
        elif a.name.id not in parameters:
            close = nearest(a.name.id, order)
            problems.append(UnknownArgument(a.name.span, a.name.id, owner, order, close))
        elif a.name.id in given:
            what = f"`{a.name.id}` is given twice"
            problems.append(WrongArgumentCount(a.name.span, what))
        else:
            given[a.name.id] = a
    missing = tuple(
        n
        for n, p in parameters.items()
        if n not in given and p.default is None and n not in set_elsewhere
    )
    if missing and not problems:
        problems.append(MissingArgument(span, owner, missing))
    return given, problems
