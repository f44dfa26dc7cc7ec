"""Which statements of a body only its penalties need: they run in training alone."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from dlspec.ir import model as ir

Body = tuple[ir.Statement, ...]


def gathered(body: Body) -> Body:
    """A body whose wires that nothing but penalties reads stand in branches of training with them.

    What has a layer stays where it is: its weights are made whatever the mode.
    """
    found = list(ir.statements(body))
    penalties = [s for s in found if isinstance(s, ir.Penalty)]
    if not penalties:
        return body
    binds = [s for s in found if isinstance(s, ir.Bind)]
    own: list[ir.Statement] = [s for s in found if isinstance(s, ir.Output)]
    own += [s for s in binds if _has_layer(s)]
    alone = _behind(penalties, binds) - _behind(own, binds)
    return _body(body, alone)


def _behind(readers: Sequence[ir.Statement], binds: Iterable[ir.Bind]) -> set[str]:
    """The wires that some statements need."""
    needed: set[str] = set()
    writers: dict[str, list[ir.Statement]] = {}
    for bind in binds:
        for name in bind.names:
            writers.setdefault(name, []).append(bind)
    left = list(readers)
    while left:
        for name in _read(left.pop()) - needed:
            needed.add(name)
            left += writers.get(name, [])
    return needed


def _read(s: ir.Statement) -> set[str]:
    assert isinstance(s, ir.Bind | ir.Output | ir.Penalty)
    return {f.name for f in ir.flows(s.value) if isinstance(f, ir.Wire)}


def _has_layer(s: ir.Bind) -> bool:
    return any(getattr(f, "module", None) for f in ir.flows(s.value))


def _body(body: Body, alone: set[str]) -> Body:
    return tuple(_joined(_inside(s, alone) for s in body))


def _inside(s: ir.Statement, alone: set[str]) -> ir.Statement:
    match s:
        case ir.Bind() if alone.issuperset(s.names) and not s.element and not _has_layer(s):
            return ir.Branch(site=s.site, tests=(), taken=0, body=(s,), line=s.line, training=True)
        case ir.Branch() if not s.training:
            return s.model_copy(update={"body": _body(s.body, alone)})
        case ir.Loop():
            rounds = tuple(_body(round_, alone) for round_ in s.iterations)
            return s.model_copy(update={"iterations": rounds})
    return s


def _joined(body: Iterable[ir.Statement]) -> Iterator[ir.Statement]:
    """Branches of training that follow each other, as one."""
    last: ir.Branch | None = None
    for s in body:
        if isinstance(s, ir.Branch) and s.training:
            last = s if last is None else last.model_copy(update={"body": last.body + s.body})
            continue
        if last is not None:
            yield last
        last = None
        yield s
    if last is not None:
        yield last
