"""From the text of a model to its instances: every value, shape and name known."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from dlspec.diagnostics import Diagnostic, Label, SpecError
from dlspec.diagnostics.names import (
    Misplaced,
    NameTaken,
    NoOutput,
    NotInThisVersion,
    Recursion,
)
from dlspec.diagnostics.shapes import (
    WrongInputCount,
    WrongOutputCount,
)
from dlspec.diagnostics.values import ConditionFailed
from dlspec.elaborate import arithmetic
from dlspec.elaborate.evaluate import Skip
from dlspec.elaborate.frame import Frame
from dlspec.elaborate.inputs import TypeReader
from dlspec.elaborate.names import Names, names_of
from dlspec.elaborate.unread import digest
from dlspec.elaborate.values import (
    BlockLayer,
    Broken,
    Bundle,
    Entry,
    Instance,
    NotTaken,
    Scope,
    Value,
    text,
)
from dlspec.expr import Ref, Size, Static
from dlspec.ir import model as ir
from dlspec.source import Span
from dlspec.syntax import tree
from dlspec.tensor import Tensor


class ModelBuilder(TypeReader):
    """Elaborates models of one file. One builder serves one model."""

    def __init__(self, table: Any, overrides: Mapping[str, tree.Expr], file_scope: Scope) -> None:
        super().__init__(table, overrides)
        self.file_scope = file_scope
        self.problems: list[Diagnostic] = []
        self.definitions: dict[str, ir.Definition] = {}
        self.instances: list[ir.Instance] = []
        self.known: dict[Any, int] = {}
        self.names: dict[str, Names] = {}
        self.sites: dict[str, dict[int, int]] = {}
        self.active: list[str] = []
        self.patterns: list[tuple[tree.Weights, Scope]] = []

    # -- entry

    def model(self, layer: BlockLayer) -> ir.ModelIR | None:
        """The IR of a model with its arguments; None (with `problems`) where it has errors."""
        try:
            number, _ = self.instance(layer, {}, layer.span)
        except SpecError as error:
            self.problems.extend(error.diagnostics)
            return None
        except Skip:
            return None
        if self.problems:
            return None
        made = ir.ModelIR(
            name=layer.definition.name.id,
            instance=number,
            definitions=self.definitions,
            instances=tuple(self.instances),
        )
        if self.patterns:
            from dlspec.elaborate.initial import initial

            found, problems = initial(made, self.patterns, self)
            self.problems.extend(problems)
            made = made.model_copy(update={"initial": found})
        return made if not self.problems else None

    # -- definitions and instances

    def instance(
        self, layer: BlockLayer, arrivals: dict[str, Tensor], use: Span
    ) -> tuple[int, ir.Instance]:
        """The instance of a definition for these arguments and inputs, made where it is new."""
        definition = layer.definition
        name = definition.name.id
        values = {n: s.value for n, s in layer.arguments.items()}
        key = (name, _key(values), tuple((n, str(t), t.image) for n, t in arrivals.items()))
        if name in self.active:
            cycle = (*self.active[self.active.index(name) :], name)
            raise SpecError(Recursion(use, cycle))
        if key in self.known:
            number = self.known[key]
            if number < 0:
                raise Skip
            return number, self.instances[number]
        self.known[key] = -1
        self.active.append(name)
        try:
            with self.used(layer, use):
                made = self.elaborate(definition, values, arrivals)
        finally:
            self.active.pop()
        number = len(self.instances)
        made = made.model_copy(update={"number": number})
        self.instances.append(made)
        self.known[key] = number
        return number, made

    @contextmanager
    def used(self, layer: BlockLayer, use: Span) -> Iterator[None]:
        """Errors within say in which use they arose."""
        before = self.context
        if layer.definition.kind == "block" or self.active[1:]:
            self.context = (f"in {layer}, used at {use}", *before)
        try:
            yield
        finally:
            self.context = before

    def elaborate(
        self, definition: tree.Definition, values: dict[str, Any], arrivals: dict[str, Tensor]
    ) -> ir.Instance:
        name = definition.name.id
        if name not in self.names:
            self.names[name] = names_of(definition, self.table.definition)
            self.sites[name] = {}
        entries: dict[str, Entry] = {n: Static(v, Ref(n)) for n, v in values.items()}
        scope = Scope(Scope(self.file_scope, entries))
        frame = Frame(definition, self.names[name], scope, arrivals, self.sites[name])
        if isinstance(definition.body, tree.Body):
            body = self.body(definition.body, frame, scope)
        else:
            body = self.composition(definition, frame)
        if frame.broken:
            raise Skip
        if not frame.outputs:
            raise SpecError(NoOutput(definition.name.span, definition.kind, name))
        if name not in self.definitions:
            self.definitions[name] = self.describe(definition, frame)
        return ir.Instance(
            number=0,
            definition=name,
            arguments=values,
            dims=frame.dims,
            inputs=tuple(frame.inputs),
            outputs=tuple(frame.outputs),
            body=body,
            unread=digest([*frame.unread, *frame.idle.values()]),
        )

    def describe(self, definition: tree.Definition, frame: Frame) -> ir.Definition:
        inner = Scope(self.file_scope)
        parameters = []
        for p in definition.parameters:
            default = None
            if p.default is not None:
                try:
                    default = self.typed(p.type, p.default, inner, p.name.id)
                except (SpecError, Skip):
                    default = None
            parameters.append(ir.Parameter(name=p.name.id, type=p.type.span.text, default=default))
        return ir.Definition(
            name=definition.name.id,
            kind=definition.kind,  # type: ignore[arg-type]
            parameters=tuple(parameters),
            inputs=tuple(n for n, _ in frame.inputs),
            doc=definition.doc,
            line=definition.span.line,
            names=tuple(dict.fromkeys(n for n, _ in frame.inputs)),
        )

    def composition(self, definition: tree.Definition, frame: Frame) -> tuple[ir.Statement, ...]:
        """`block B = A -> C`: one input, one output."""
        if len(frame.arrivals) != 1:
            what = f"takes 1 input, got {len(frame.arrivals)}"
            raise SpecError(
                WrongInputCount(definition.name.span, self.context, definition.name.id, what)
            )
        ((name, arriving),) = frame.arrivals.items()
        arriving = self.named_dims(arriving, frame)
        frame.inputs.append((name, arriving))
        wire = Value(ir.Wire(name=name, types=(arriving,)))
        body = definition.body
        assert not isinstance(body, tree.Body)
        stages = self.stages(body)
        before, self.frame = self.frame, frame
        try:
            value = self.through(wire, stages, frame, frame.scope)
        finally:
            self.frame = before
        types = value.flow.types if isinstance(value, Value) else ()
        frame.outputs.extend((None, t) for t in types)
        return (
            ir.Output(
                site=frame.site(definition), name=None, value=value.flow, line=body.span.line
            ),
        )

    def named_dims(self, arriving: Tensor, frame: Frame) -> Tensor:
        """The axes of an input that nobody named, under the usual names for its rank."""
        usual = {1: ("D",), 2: ("T", "D"), 3: ("C", "H", "W")}.get(arriving.rank, ())
        taken = {p.name.id for p in frame.definition.parameters}
        shape = []
        for i, size in enumerate(arriving.shape):
            name = usual[i] if i < len(usual) else f"N{i}"
            while name in taken:
                name += "_"
            frame.dims[name] = int(size)
            shape.append(Size(size, Ref(name)))
        return Tensor(arriving.dtype, tuple(shape), arriving.classes, arriving.image)

    # -- statements

    def body(self, body: tree.Body, frame: Frame, scope: Scope) -> tuple[ir.Statement, ...]:
        made: list[ir.Statement] = []
        for s in body.statements:
            try:
                made.extend(self.statement(s, frame, scope))
            except SpecError as error:
                self.report(error)
                self.spoil(s, frame)
            except Skip:
                self.spoil(s, frame)
        return tuple(made)

    def report(self, error: SpecError) -> None:
        for d in error.diagnostics:
            same = [p for p in self.problems if (p.code, p.span) == (d.code, d.span)]
            if not same:
                self.problems.append(d)

    def spoil(self, s: tree.Statement, frame: Frame) -> None:
        """What a broken statement would have defined is broken too."""
        frame.broken = True
        for name in _written(s):
            frame.scope.entries[name.id] = Broken()

    def statement(self, s: tree.Statement, frame: Frame, scope: Scope) -> Iterator[ir.Statement]:
        match s:
            case tree.Input():
                self.input(s, frame)
            case tree.Output():
                yield from self.output(s, frame, scope)
            case tree.Assign():
                yield from self.assign(s, frame, scope)
            case tree.Let():
                self.let(s, frame, scope)
            case tree.If():
                yield from self.branch(s, frame, scope)
            case tree.For():
                yield self.loop(s, frame, scope)
            case tree.Bare():
                self.bare(s, scope)
                frame.unread.append(s)
            case tree.Weights():
                self.patterns.append((s, scope))
                if len(self.active) > 1:
                    raise SpecError(NotInThisVersion(s.span, "`weights` in a block"))
            case tree.Broken():
                raise Skip
            case tree.State() | tree.Next() | tree.Penalty():
                word = type(s).__name__.lower()
                raise SpecError(NotInThisVersion(s.span, f"`{word}`"))
            case _:
                kind = frame.definition.kind
                raise SpecError(Misplaced(s.span, "this statement", f"a {kind}"))

    # -- inputs and outputs

    def output(self, s: tree.Output, frame: Frame, scope: Scope) -> Iterator[ir.Statement]:
        model = frame.definition.kind == "model"
        if s.value is None:
            assert s.name is not None
            found = self.expression(s.name, scope)
        else:
            found = self.value_of(s.value, frame, scope)
        value = self.tensor(found, s.value or s.name)  # type: ignore[arg-type]
        name = s.name.id if s.name else None
        if name is None and isinstance(s.value, tree.Name):
            name = s.value.id
        elif name is None and model:
            name = "output"
        types = value.types
        if model and len(types) != 1:
            raise SpecError(WrongOutputCount(s.span, self.context, 1, len(types)))
        if s.type is not None:
            self.check_declared(s.type, types, name or "output", s, frame)
        if model and any(n == name for n, _ in frame.outputs):
            from dlspec.diagnostics.names import AlreadyDefined

            raise SpecError(AlreadyDefined(s.span, name or "", "output", None))
        frame.outputs.extend((name, t) for t in types)
        line = s.span.line
        yield ir.Output(site=frame.site(s), name=name, value=value.flow, line=line)
        if s.name is not None and s.value is not None and len(types) == 1:
            wire = ir.Wire(name=s.name.id, types=types)
            self.write(s.name, Value(wire, s.span, s.name.id), frame)

    # -- assignments

    def value_of(self, e: tree.Expr, frame: Frame, scope: Scope) -> Any:
        """The value of a statement's expression, in its frame."""
        before, self.frame = self.frame, frame
        try:
            return self.expression(e, scope)
        finally:
            self.frame = before

    def assign(self, s: tree.Assign, frame: Frame, scope: Scope) -> Iterator[ir.Statement]:
        for name in s.names:
            self.check_writable(name, frame, scope)
        found = self.value_of(s.value, frame, scope)
        count = len(s.names)
        if isinstance(found, Static):
            items = [found]
            if count > 1:
                listed = found.value if isinstance(found.value, list | tuple) else [found.value]
                items = [Static(v) for v in listed]
            if len(items) != count:
                raise SpecError(WrongOutputCount(s.span, self.context, count, len(items)))
            for name, item in zip(s.names, items, strict=True):
                self.write(name, item, frame)
            return
        if isinstance(found, Bundle) and count == len(found.items) and not found.named:
            for name, value in zip(s.names, found.items, strict=True):
                yield self.bind((name,), value, s, frame)
            return
        value = self.tensor(found, s.value)
        if len(value.types) != count:
            raise SpecError(WrongOutputCount(s.span, self.context, count, len(value.types)))
        if s.type is not None:
            self.check_declared(s.type, value.types, s.names[0].id, s, frame)
        yield self.bind(s.names, value, s, frame)

    def bind(
        self, names: tuple[tree.Name, ...], value: Value, s: tree.Assign, frame: Frame
    ) -> ir.Bind:
        for name, type_ in zip(names, value.types, strict=True):
            wire = ir.Wire(name=name.id, types=(type_,))
            self.write(name, Value(wire, name.span, name.id), frame)
        return ir.Bind(
            site=frame.site(names[0]),
            names=tuple(n.id for n in names),
            value=value.flow,
            line=s.span.line,
        )

    def check_writable(self, name: tree.Name, frame: Frame, scope: Scope) -> None:
        what = None
        parameters = {p.name.id for p in frame.definition.parameters}
        found = scope.find(name.id)
        if name.id in parameters:
            what = "a parameter"
        elif name.id in frame.dims:
            what = "a dimension"
        elif isinstance(found, Instance):
            what = "an instance that `let` named"
        elif name.id in arithmetic.FUNCTIONS or self.is_function(name.id):
            what = "a function"
        elif name.id in self.table.parameters:
            what = "a parameter of the file"
        elif name.id in self.table.definitions:
            what = "a block or model"
        elif (
            name.id not in frame.scope.entries
            and isinstance(found, Static)
            and scope is not frame.scope
        ):
            what = "the variable of a loop"
        if what:
            raise SpecError(NameTaken(name.span, name.id, what))

    def write(self, name: tree.Name, entry: Entry, frame: Frame) -> None:
        frame.scope.entries[name.id] = entry

    def let(self, s: tree.Let, frame: Frame, scope: Scope) -> None:
        if isinstance(s.value, tree.Call) and isinstance(s.value.callee, tree.Name):
            word = s.value.callee.id
            if word in ("Parameter", "Buffer"):
                raise SpecError(NotInThisVersion(s.value.span, f"`{word}`"))
        layer = self.layer_value(s.value, scope)[0]
        instance = Instance(layer, frame.names.lets[id(s)], s)
        frame.scope.entries[s.name.id] = instance
        frame.idle[instance.name] = s

    def bare(self, s: tree.Bare, scope: Scope) -> None:
        e = s.value
        if (
            isinstance(e, tree.Call)
            and isinstance(e.callee, tree.Name)
            and e.callee.id == "require"
            and e.arguments
        ):
            if not self.truth(e.arguments[0].value, scope, "require").value:
                message = f"`{e.arguments[0].value.span.text}` does not hold"
                if len(e.arguments) > 1:
                    message = str(self.value(e.arguments[1].value, scope).value)
                raise SpecError(ConditionFailed(self.use_span or e.span, self.context, message))
            return
        hint = "give it a name: `y = ...`, or say `output ...`"
        raise SpecError(Misplaced(s.span, "a value that nothing uses", "a body", hint))

    # -- branches and loops

    def branch(self, s: tree.If, frame: Frame, scope: Scope) -> Iterator[ir.Statement]:
        tests: list[Static] = []
        taken: int | None = None
        body: tuple[ir.Statement, ...] = ()
        for i, (test, _) in enumerate(s.branches):
            tests.append(self.truth(test, scope, "if"))
            if tests[-1].value:
                taken = i
                break
        else:
            if s.otherwise is not None:
                taken = len(s.branches)
        bodies = [b for _, b in s.branches] + ([s.otherwise] if s.otherwise else [])
        if taken is not None:
            body = self.body(bodies[taken], frame, scope)
        frame.unread.extend(t for t, _ in s.branches[len(tests) :])
        for i, other in enumerate(bodies):
            if i == taken:
                continue
            frame.unread.append(other)
            for inner in other.statements:
                for name in _written(inner):
                    if frame.scope.find(name.id) is None:
                        frame.scope.entries[name.id] = NotTaken(name.span)
        yield ir.Branch(
            site=frame.site(s), tests=tuple(tests), taken=taken, body=body, line=s.span.line
        )

    def loop(self, s: tree.For, frame: Frame, scope: Scope) -> ir.Loop:
        number = frame.site(s)
        items, rounds = self.rounds(s.names, s.iterable, scope, number)
        made: list[tuple[ir.Statement, ...]] = []
        for entries in rounds:
            self.spend(1, s.iterable.span)
            made.append(self.body(s.body, frame, Scope(scope, entries)))
        if not rounds:
            frame.unread.append(s.body)
        values = tuple(
            tuple(e.value for e in entries.values() if isinstance(e, Static)) for entries in rounds
        )
        return ir.Loop(
            site=number,
            names=tuple(n.id for n in s.names),
            items=items,
            values=values,
            iterations=tuple(made),
            line=s.span.line,
        )


def _written(s: tree.Statement) -> Iterator[tree.Name]:
    """The names that a statement defines, those in its branches and loops included."""
    match s:
        case tree.Assign(names=names):
            yield from names
        case tree.Input(name=name) | tree.Let(name=name):
            yield name
        case tree.Output(name=name) if name is not None and s.value is not None:
            yield name
        case tree.If():
            bodies = [b for _, b in s.branches] + ([s.otherwise] if s.otherwise else [])
            for body in bodies:
                for inner in body.statements:
                    yield from _written(inner)
        case tree.For():
            for inner in s.body.statements:
                yield from _written(inner)


def _key(value: Any) -> Any:
    """A value as a dictionary's key: equal values, equal keys, and 1 is not true or 1.0."""
    match value:
        case dict():
            return tuple((k, _key(v)) for k, v in value.items())
        case list() | tuple():
            return (type(value).__name__, *map(_key, value))
        case _:
            return (type(value).__name__, text(value))


__all__ = ["Label", "ModelBuilder"]
