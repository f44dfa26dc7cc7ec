"""What is written in a file and nothing reads: wires, inputs, parameters, `let`s and outputs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from dlspec.diagnostics import Diagnostic
from dlspec.diagnostics.consistency import NeverRead, UnusedOutput
from dlspec.elaborate.file import FileTable
from dlspec.ir.model import Bind, Net, Select, Statement, Wire, statements, within
from dlspec.ir.program import Program
from dlspec.syntax import tree

Names = frozenset[str]
NONE: Names = frozenset()


def unused(file: tree.File, table: FileTable, program: Program) -> Iterator[Diagnostic]:
    """What nothing reads in the file itself, not in those that it imports."""
    of_parts = frozenset(n.name.id for n in nodes(file.statements) if isinstance(n, tree.Attribute))
    written: list[tree.Definition | tree.Fn] = [*table.own.values(), *table.own_functions.values()]
    for definition in written:
        if definition.python is None and not any(
            isinstance(n, tree.Broken) for n in nodes(definition)
        ):
            yield from _definition(definition, of_parts)
    everywhere = reads(file.statements)
    for p in table.parameters.values() if table.models else ():  # else there is nothing yet
        name = p.parameter.name
        if name.id not in everywhere:
            yield NeverRead(name.span, "parameter", name.id)
    yield from _outputs(table, program)


def _definition(d: tree.Definition | tree.Fn, of_parts: Names) -> Iterator[Diagnostic]:
    whole = [p for p in (d.body, *(p.default for p in d.parameters), *_types(d)) if p is not None]
    inside = reads(whole)
    for p in d.parameters:
        if p.name.id not in inside:
            yield NeverRead(p.name.span, "parameter", p.name.id)
    if isinstance(d.body, tree.Body):
        given = frozenset(p.name.id for p in d.parameters)
        yield from Lives(of_parts, given).problems(d.body)


def _types(d: tree.Definition | tree.Fn) -> Iterator[tree.Type | None]:
    yield from (p.type for p in d.parameters)
    if isinstance(d, tree.Fn):
        yield from d.returns


def _outputs(table: FileTable, program: Program) -> Iterator[Diagnostic]:
    """Outputs of models that are trained, which nothing that trains, exports or generates uses."""
    exported = {program.trains[e.train].model for e in program.exports.values()}
    used: dict[str, set[str]] = {}
    for generate in program.generates.values():
        used.setdefault(program.trains[generate.train].model, set()).add(generate.output)
    for train in program.trains.values():
        compared = used.setdefault(train.model, set())
        compared |= {t.output for t in train.loss} | {m.output for m in train.metrics}
        if train.step is not None:
            body = train.step.graph.root.body
            called = _outputs_by_wire(body)
            for f in within(body):
                if isinstance(f, Wire):
                    compared |= called.get(f.name, {f.name})
                elif isinstance(f, Net) and len(f.gives) == 1:  # `net(x)`
                    compared.update(f.gives)
                elif isinstance(f, Select) and isinstance(f.value, Net):
                    compared.add(f.value.gives[f.index])
    for model, names in used.items():
        definition = table.models.get(model)
        if definition is None or model in exported or not isinstance(definition.body, tree.Body):
            continue
        for written in nodes(definition.body):
            if isinstance(written, tree.Output):
                name = written.name or written.value
                if isinstance(name, tree.Name) and name.id not in names:
                    yield UnusedOutput(name.span, name.id, model)


def _outputs_by_wire(body: tuple[Statement, ...]) -> dict[str, set[str]]:
    """The outputs of networks that wires are: `l, z = net(x)`."""
    found: dict[str, set[str]] = {}
    for s in statements(body):
        if isinstance(s, Bind) and isinstance(s.value, Net):
            for name, output in zip(s.names, s.value.gives, strict=False):
                found.setdefault(name, set()).add(output)
    return found


class Lives:
    """Reads a body from its end: a name lives where something behind still reads it."""

    def __init__(self, of_parts: Names, given: Names = NONE) -> None:
        self.of_parts = of_parts
        """Names behind a dot anywhere in the file: `Net.features` reads a wire from outside."""
        self.given = given
        """The parameters: in a shape they are no dimensions."""
        self.found: dict[int, Diagnostic] = {}

    def problems(self, body: tree.Body) -> list[Diagnostic]:
        self.before(body.statements, self.of_parts)
        return list(self.found.values())

    def before(self, statements: Sequence[tree.Statement], live: Names, note: bool = True) -> Names:
        """The names that live before these statements, of those that live behind them."""
        for s in reversed(statements):
            match s:
                case tree.Assign(names=names, type=type_, value=value):
                    if note and not any(n.id in live for n in names):
                        for n in names:
                            self.note(n, "wire")
                    live = (live - {n.id for n in names}) | reads((type_, value))
                case tree.Let(name=name, value=value):
                    if note and name.id not in live:
                        self.note(name, "`let`")
                    live = (live - {name.id}) | reads(value)
                case tree.Input(name=name, type=type_):
                    sizes = reads(type_) - self.given  # of `x: f32[T, dim]`, T may be what is read
                    if note and name.id not in live and not sizes & live:
                        self.note(name, "input")
                    live = (live - {name.id}) | reads(type_)
                case tree.Output(name=name, type=type_, value=value):
                    named = {name.id} if name is not None else NONE
                    live = (live - named if value is not None else live | named) | reads(
                        (type_, value)
                    )
                case tree.If(branches=branches, otherwise=otherwise):
                    bodies = [b.statements for _, b in branches]
                    bodies.append(otherwise.statements if otherwise is not None else ())
                    live = frozenset().union(*(self.before(b, live, note) for b in bodies))
                    live |= reads([test for test, _ in branches])
                case tree.For(iterable=iterable, body=body):
                    again = live | self.before(body.statements, live, note=False)
                    live = again | self.before(body.statements, again, note) | reads(iterable)
                case _:
                    live |= reads(s)
        return live

    def note(self, name: tree.Name, what: str) -> None:
        self.found[id(name)] = NeverRead(name.span, what, name.id)


DEFINES = frozenset({"names", "name"})


def reads(part: Any) -> Names:
    """The names that stand in a part of the syntax as values: not those that it defines, nor
    those of arguments and attributes."""
    found: set[str] = set()
    left = [part]
    while left:
        match node := left.pop():
            case tuple() | list():
                left.extend(node)
            case tree.Name():
                found.add(node.id)
            case tree.Output(name=tree.Name(id=name), value=None):
                found.add(name)
            case tree.Pattern() | tree.Quantity():
                pass
            case tree.Comprehension(names=names):
                found |= reads(node.body) - {n.id for n in names}
                left.append(node.iterable)
            case tree.Step():
                left.extend(vars(node).values())
            case tree.Node():
                left.extend(v for field, v in vars(node).items() if field not in DEFINES)
    return frozenset(found)


def nodes(part: Any) -> Iterator[tree.Node]:
    """A part of the syntax and everything in it."""
    left = [part]
    while left:
        node = left.pop()
        if isinstance(node, tree.Node):
            yield node
            left.extend(vars(node).values())
        elif isinstance(node, tuple | list):
            left.extend(node)
