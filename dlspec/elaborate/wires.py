"""`Net(...).features`: a wire of a block as what the block gives."""

from __future__ import annotations

from collections.abc import Iterable

from dlspec.diagnostics import SpecError, nearest
from dlspec.diagnostics.names import OnlyInOtherBranch, UnknownName
from dlspec.elaborate.frame import Frame
from dlspec.elaborate.uses import walk
from dlspec.elaborate.values import NotTaken, Value
from dlspec.ir import model as ir
from dlspec.source import Span
from dlspec.syntax import tree


def read(wire: tree.Name, body: tuple[ir.Statement, ...], frame: Frame) -> ir.Output:
    """The output of a body of which only a wire, or an output, of this name is read: the last one.

    Raises SpecError where there is none.
    """
    name = wire.id
    found = frame.scope.entries.get(name)
    if isinstance(found, NotTaken):
        raise SpecError(OnlyInOtherBranch(wire.span, name, found.defined, ()))
    known = _written(body)
    if not isinstance(found, Value) or name not in known:
        what = f"wire of {frame.definition.name.id}"
        near = nearest(name, known)
        raise SpecError(UnknownName(wire.span, name, what, near, tuple(dict.fromkeys(known))))
    flow = ir.Wire(name=name, types=found.types)
    line = frame.definition.span.line
    return ir.Output(site=frame.site(frame.definition), name=None, value=flow, line=line)


def defined(name: str, frame: Frame) -> Span | None:
    """Where the body of a frame's definition first writes a wire, whether that runs or not."""
    body = frame.definition.body
    if not isinstance(body, tree.Body):
        return None
    places = (n for s in body.statements for n in walk(s) if isinstance(n, tree.Assign))
    names = (n.span for s in places for n in s.names if n.id == name)
    return next(names, None)


def cut(wire: str, body: tuple[ir.Statement, ...]) -> tuple[ir.Statement, ...]:
    """The statements up to the last that writes the wire, none of which gives anything out."""
    last = max(i for i, s in enumerate(body) if wire in _written((s,)))
    return _inner(body[: last + 1])


def _inner(body: tuple[ir.Statement, ...]) -> tuple[ir.Statement, ...]:
    return tuple(made for s in body if (made := _bound(s)) is not None)


def _bound(s: ir.Statement) -> ir.Statement | None:
    match s:
        case ir.Output(name=str(name)) if not isinstance(s.value, ir.Wire):
            return ir.Bind(site=s.site, names=(name,), value=s.value, line=s.line)
        case ir.Output():
            return None
        case ir.Branch():
            return s.model_copy(update={"body": _inner(s.body)})
        case ir.Loop():
            return s.model_copy(update={"iterations": tuple(map(_inner, s.iterations))})
    return s


def _written(body: Iterable[ir.Statement]) -> list[str]:
    """The wires that some statements write, those in their branches and loops included."""
    found: list[str] = []
    for s in body:
        match s:
            case ir.Bind(names=names):
                found += names
            case ir.Output(name=str(name)):
                found.append(name)
            case ir.Branch():
                found += _written(s.body)
            case ir.Loop():
                for iteration in s.iterations:
                    found += _written(iteration)
    return found
