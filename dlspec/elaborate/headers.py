"""Names in the header of a loop that are tensors."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence

from dlspec.diagnostics import SpecError
from dlspec.diagnostics.shapes import Context, NotATensor
from dlspec.elaborate.frame import Frame
from dlspec.elaborate.lists import named, written_out
from dlspec.elaborate.values import Entry, Value
from dlspec.ir import model as ir
from dlspec.syntax import tree


def elements(
    s: tree.For, rounds: list[dict[str, Entry]], frame: Frame, context: Context
) -> Generator[ir.Statement, None, list[list[ir.Bind]]]:
    """The names of a loop's header that are tensors, as what each round begins with.

    They are read from a list, which gets a name before the loop where it has none. Raises
    SpecError for a name that is a tensor in some rounds only.
    """
    headers: list[list[ir.Bind]] = [[] for _ in rounds]
    for name in s.names:
        column = [entries[name.id] for entries in rounds]
        values = [v for v in column if isinstance(v, Value)]
        if not values:
            continue
        if len(values) != len(column):
            what = f"`{name.id}` is a tensor in some rounds only"
            raise SpecError(NotATensor(name.span, context, what))
        flows = [v.flow for v in values]
        if not _lasts(flows, s):
            listed = written_out(values)
            own = f"{name.id}s"
            while frame.scope.find(own) is not None:
                own += "_"
            site = frame.site(s.iterable)
            yield ir.Bind(site=site, names=(own,), value=listed.flow, line=s.span.line)
            flows = [v.flow for v in named(own, listed)]
        for entries, header, flow in zip(rounds, headers, flows, strict=True):
            wire = ir.Wire(name=name.id, types=flow.types)
            entries[name.id] = Value(wire, name.span, name.id)
            header.append(
                ir.Bind(
                    site=frame.site(name),
                    names=(name.id,),
                    value=flow,
                    line=s.span.line,
                    element=True,
                )
            )
    return headers


def _lasts(flows: Sequence[ir.Flow], s: tree.For) -> bool:
    """Whether what the rounds read is one list, which the loop leaves as it is."""
    lists = {
        f.value.name if isinstance(f, ir.Select) and isinstance(f.value, ir.Wire) else None
        for f in flows
    }
    written_here = {n.id for inner in s.body.statements for n in written(inner)}
    return len(lists) == 1 and None not in lists and not lists & written_here


def written(s: tree.Statement) -> Iterator[tree.Name]:
    """The names that a statement defines, those in its branches and loops included."""
    match s:
        case tree.Assign(names=names):
            yield from names
        case tree.Input(name=name) | tree.Let(name=name) | tree.State(name=name):
            yield name
        case tree.Output(name=name) if name is not None and s.value is not None:
            yield name
        case tree.If():
            bodies = [b for _, b in s.branches] + ([s.otherwise] if s.otherwise else [])
            for body in bodies:
                for inner in body.statements:
                    yield from written(inner)
        case tree.For():
            for inner in s.body.statements:
                yield from written(inner)
