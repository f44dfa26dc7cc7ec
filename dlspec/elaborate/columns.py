"""What a field reads: `column("a")`, `columns("a", "b")`, `columns(("a", "b"), "c")`."""

from __future__ import annotations

from collections.abc import Iterator

from dlspec.diagnostics import Diagnostic, SpecError, nearest
from dlspec.diagnostics.data import BadFieldValue, UnknownColumn
from dlspec.elaborate.kinds import ungrouped
from dlspec.elaborate.objects import callee
from dlspec.frozen import frozen
from dlspec.recipe.sources import Source
from dlspec.source import Span
from dlspec.syntax import tree

READS = ("column", "columns")


@frozen
class Columns:
    """The columns of a field: each by its name once, and which of them stand together."""

    places: tuple[tuple[str, ...], ...]
    """For each place of the field its column, or those that are crossed there."""
    joined: bool
    span: Span

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(name for place in self.places for name in place))

    @property
    def crossed(self) -> bool:
        """Whether some columns stand in parentheses."""
        return any(len(place) > 1 for place in self.places)

    def each(self) -> Iterator[Columns]:
        """Each column by itself, for a statement of several fields."""
        return (Columns((place,), False, self.span) for place in self.places)


def is_computed(e: tree.Expr) -> bool:
    """Whether a field begins with something else than columns, and is no slip of it."""
    name = callee(e)
    if isinstance(ungrouped(e), tree.Call) or (name and name.id in READS):
        return False
    computed = isinstance(ungrouped(e), tree.Index | tree.Binary | tree.Unary | tree.Name)
    return computed and not (name and nearest(name.id, READS))


def columns(e: tree.Expr, source: Source | None) -> Columns:
    """The columns that an expression names. Raises SpecError."""
    name = callee(e)
    if name is None or name.id not in READS or not isinstance(e, tree.Call):
        raise SpecError(BadFieldValue(e.span, "a field begins with a column of the source"))
    if not e.arguments or (name.id == "column" and len(e.arguments) > 1):
        what = "`column` takes one name" if name.id == "column" else "`columns` takes names"
        raise SpecError(BadFieldValue(e.span, what))
    problems: list[Diagnostic] = []
    places = tuple(tuple(_names(a.value, source, problems)) for a in e.arguments)
    if problems:
        raise SpecError(*problems)
    return Columns(places, name.id == "columns", e.span)


def _names(e: tree.Expr, source: Source | None, problems: list[Diagnostic]) -> Iterator[str]:
    """One name, or those of a tuple."""
    if isinstance(e, tree.Tuple) and e.items:
        for item in e.items:
            yield from _names(item.value, source, problems)
        return
    if not isinstance(e, tree.Literal) or not isinstance(e.value, str):
        hint = f'write `"{e.span.text}"`' if isinstance(e, tree.Name) else ""
        what = "the name of a column stands in double quotes"
        problems.append(BadFieldValue(e.span, what, hint))
        return
    known = source.columns() if source is not None else None
    if source is not None and known is not None and e.value not in known:
        near = nearest(e.value, known)
        problems.append(UnknownColumn(e.span, e.value, source.kind(), known, near))
    yield e.value
