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
        raise SpecError(OnlyInOtherBranch(wire.span, name, found.defined, found.where))
    known = _written(body)
    if not isinstance(found, Value) or name not in known:
        what = f"wire of {frame.definition.name.id}"
        near = nearest(name, known)
        raise SpecError(UnknownName(wire.span, name, what, near, tuple(dict.fromkeys(known))))
    flow = ir.Wire(name=name, types=found.types)
    line = frame.definition.span.line
    return ir.Output(site=frame.site(frame.definition), name=None, value=flow, line=line)


def defined(frame: Frame | None) -> dict[str, Span]:
    """The wires that the body of a frame's definition writes, each with the place where it does so
    first, whether that runs or not."""
    found: dict[str, Span] = {}
    if frame is not None and isinstance(frame.definition.body, tree.Body):
        for node in (n for s in frame.definition.body.statements for n in walk(s)):
            if isinstance(node, tree.Assign):
                for name in node.names:
                    found.setdefault(name.id, name.span)
    return found


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
