"""The statements of a body: wires, `let`s, outputs, branches and loops."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator
from typing import Literal

from dlspec import ops
from dlspec.diagnostics import SpecError
from dlspec.diagnostics.names import AlreadyDefined, InputAndOutput, NameTaken
from dlspec.diagnostics.shapes import NotATensor, WrongOutputCount
from dlspec.diagnostics.train import NotALoss
from dlspec.diagnostics.uses import Misplaced, NotInThisVersion
from dlspec.elaborate import ahead, arithmetic
from dlspec.elaborate.bounds import DEEPEST, Exhausted, depth, too_many
from dlspec.elaborate.evaluate import Skip
from dlspec.elaborate.file import FileTable
from dlspec.elaborate.frame import Frame
from dlspec.elaborate.headers import elements, written
from dlspec.elaborate.kinds import ungrouped
from dlspec.elaborate.known import known
from dlspec.elaborate.lists import Tensors, holds_tensors, named, written_out
from dlspec.elaborate.operands import is_number
from dlspec.elaborate.raw import is_raw
from dlspec.elaborate.recurrence import RecurrenceBuilder
from dlspec.elaborate.signatures import is_tensor
from dlspec.elaborate.values import Broken, Bundle, Entry, Instance, NotTaken, Scope, Value
from dlspec.expr import Chosen, Static
from dlspec.ir import model as ir
from dlspec.source import Span
from dlspec.syntax import tree
from dlspec.tensor import FLOATS

FUNCTION = "a function"


class StatementBuilder(RecurrenceBuilder):
    """Elaborates the statements of one body after the other."""

    @abstractmethod
    def report(self, error: SpecError) -> None:
        """Keeps what is wrong; the statements behind it are read all the same."""

    def body(self, body: tree.Body, frame: Frame, scope: Scope) -> tuple[ir.Statement, ...]:
        made: list[ir.Statement] = []
        frame.nested += 1
        for s in body.statements:
            try:
                self.step(s.span)
                made.extend(self.statement(s, frame, scope))
            except Exhausted:
                raise
            except SpecError as error:
                self.report(error)
                self.spoil(s, frame)
            except RecursionError:
                self.report(too_many(s.span, (), "parts within parts: too deep", DEEPEST))
                self.spoil(s, frame)
            except Skip:
                self.spoil(s, frame)
        frame.nested -= 1
        return tuple(made)

    def spoil(self, s: tree.Statement, frame: Frame) -> None:
        """What a broken statement would have defined is broken too."""
        frame.broken = True
        for name in written(s):
            frame.scope.entries[name.id] = Broken()

    def statement(self, s: tree.Statement, frame: Frame, scope: Scope) -> Iterator[ir.Statement]:
        match s:
            case tree.Input():
                self.check_name(s.name, frame, scope)
                if frame.definition.kind == "fn":
                    hint = "its tensors are parameters: `fn f(x: f32[D]) { ... }`"
                    raise SpecError(Misplaced(s.span, "an `input`", "a `fn`", hint))
                if frame.nested > 1:
                    raise SpecError(Misplaced(s.span, "an `input`", "an `if` or a `for`"))
                if any(n == s.name.id for n, _ in frame.inputs):
                    raise SpecError(AlreadyDefined(s.name.span, s.name.id, "input", None))
                self.input(s, frame)
            case tree.Output():
                if scope is not frame.scope:
                    raise SpecError(Misplaced(s.span, "an `output`", "a `for`"))
                yield from self.behind_lists(self.output(s, frame, scope), frame)
            case tree.Assign():
                yield from self.behind_lists(self.assign(s, frame, scope), frame)
            case tree.Let():
                self.let(s, frame, scope)
            case tree.If():
                yield from self.branch(s, frame, scope)
            case tree.For():
                yield from self.loop(s, frame, scope)
            case tree.Bare():
                self.bare(s, scope)
                frame.unread.append(s)
            case tree.Weights() if frame.definition.kind == "fn":
                raise SpecError(Misplaced(s.span, "`weights`", "a `fn`"))
            case tree.Weights():
                frame.patterns.append((s, scope))
            case tree.Broken():
                raise Skip
            case tree.State():
                self.state(s, frame, scope)
            case tree.Next():
                yield from self.next(s, frame, scope)
            case tree.Penalty():
                yield self.penalty(s, frame, scope)
            case _:
                kind = frame.definition.kind
                raise SpecError(Misplaced(s.span, "this statement", f"a {kind}"))

    def behind_lists(self, made: Iterator[ir.Statement], frame: Frame) -> Iterator[ir.Statement]:
        """A statement, behind the lists that it reads where it writes them."""
        frame.lists = []
        try:
            for statement in made:
                yield from frame.lists
                frame.lists = []
                yield statement
        finally:
            frame.lists = None

    # -- penalties

    def penalty(self, s: tree.Penalty, frame: Frame, scope: Scope) -> ir.Branch:
        """What a block adds to the loss, in a branch of training."""
        if frame.definition.kind == "fn":
            raise SpecError(Misplaced(s.span, "a `penalty`", "a `fn`"))
        value = self.single(self.expression(s.value, scope), s.value)
        t = value.types[0]
        if t.dtype not in FLOATS or t.size != 1:
            found = f"it is {t}, not one number for the batch or for each example"
            raise SpecError(NotALoss(s.value.span, found, "reduce it: `mean(...)`, `sum(...)`"))
        if any(getattr(f, "module", None) for f in ir.flows(value.flow)):
            hint = "make a wire of it: `y = x -> ...`, and `penalty mean(y)`"
            raise SpecError(Misplaced(s.value.span, "a layer", "a penalty", hint))
        self.check_depth(value.flow, s.span, frame)
        line = s.span.line
        made = ir.Penalty(site=frame.site(s), value=value.flow, line=line)
        site = frame.site(s.value)
        return ir.Branch(site=site, tests=(), taken=0, body=(made,), line=line, training=True)

    # -- outputs

    def output(self, s: tree.Output, frame: Frame, scope: Scope) -> Iterator[ir.Statement]:
        model = frame.definition.kind == "model"
        e = s.value or s.name
        assert e is not None
        if s.value is not None and s.name is not None:
            self.check_name(s.name, frame, scope)
        found = self.expression(e, scope)
        value = self.tensor(found, e)
        self.check_depth(value.flow, s.span, frame)
        name = s.name.id if s.name else None
        if name is None and isinstance(s.value, tree.Name):
            name = s.value.id
        elif name is None and model:
            name = "output"
        types = value.types
        if model and len(types) != 1:
            raise SpecError(WrongOutputCount(s.span, self.context, 1, len(types)))
        if isinstance(frame.definition, tree.Fn):
            self.check_returned(types, frame.definition, e.span, frame)
        if s.type is not None:
            self.check_declared(s.type, types, name or "output", e.span, frame)
        if model and any(n == name for n, _ in frame.outputs):
            raise SpecError(AlreadyDefined(s.span, name or "", "output", None))
        if model and any(n == name for n, _ in frame.inputs):
            owner, said = frame.definition.name.id, s.name or e
            raise SpecError(InputAndOutput(said.span, name or "", owner))
        frame.outputs.extend((name, t) for t in types)
        line, flow = s.span.line, value.flow
        either = ungrouped(e)
        test = None if model else self.inline_test(e, found, frame, scope)
        if isinstance(either, tree.Conditional) and test is not None:
            kept = "output"  # which no wire of a spec can be called
            site = frame.site(either.test)
            bound = ir.Bind(site=site, names=(kept,), value=flow, line=line)
            yield self.choice(e, test, bound, frame)
            flow = ir.Wire(name=kept, types=types)
        yield ir.Output(site=frame.site(s), name=name, value=flow, line=line)
        if s.name is not None and s.value is not None and len(types) == 1:
            wire = ir.Wire(name=s.name.id, types=types)
            self.write(s.name, Value(wire, s.span, s.name.id), frame)

    def check_depth(self, flow: ir.Flow, span: Span, frame: Frame) -> None:
        """Whoever walks a flow may do so by recursion. Raises SpecError."""
        if depth(flow) + frame.nested > DEEPEST:
            what = "so many layers in one statement, each fed by the one before"
            raise too_many(span, (), what, DEEPEST)

    # -- assignments

    def assign(self, s: tree.Assign, frame: Frame, scope: Scope) -> Iterator[ir.Statement]:
        for name in s.names:
            self.check_name(name, frame, scope)
        found = self.expression(s.value, scope)
        count = len(s.names)
        plain = count == 1 and s.type is None
        test = self.inline_test(s.value, found, frame, scope) if plain else None
        if test is not None and (made := self.chosen(s, found, test, frame, scope)) is not None:
            yield made
            return
        if isinstance(found, Static) and isinstance(found.value, Tensors) and count > 1:
            found = Bundle(tuple(found.value))
        if isinstance(found, Static):
            if isinstance(found.value, Tensors) or (count == 1 and _is_empty_list(s.value)):
                yield self.bind_list(s.names[0], found.value, s, frame)
                return
            if holds_tensors(found.value):
                what, hint = "a list of tensors and numbers together", ""
                if all(isinstance(item, Tensors) for item in found.value):
                    what = "a list of lists of tensors"
                    hint = "write one list, which an index may read: `rows[i * n + j]`"
                raise SpecError(NotATensor(s.value.span, self.context, what, hint))
            items = [found]
            if count > 1:
                listed = found.value if isinstance(found.value, list | tuple) else [found.value]
                items = [Static(v) for v in listed]
            if len(items) != count:
                raise SpecError(WrongOutputCount(s.span, self.context, count, len(items)))
            for name, item in zip(s.names, items, strict=True):
                self.write(name, item, frame)
                frame.number(name, item)
            return
        if isinstance(found, Bundle) and count == len(found.items) and not found.named:
            for name, value in zip(s.names, found.items, strict=True):
                yield self.bind((name,), value, s, frame)
            return
        value = self.tensor(found, s.value)
        if len(value.types) != count:
            raise SpecError(WrongOutputCount(s.span, self.context, count, len(value.types)))
        if s.type is not None:
            self.check_declared(s.type, value.types, s.names[0].id, s.value.span, frame)
        yield self.bind(s.names, value, s, frame)

    def inline_test(
        self, e: tree.Expr, found: Entry | Bundle, frame: Frame, scope: Scope
    ) -> Static | None:
        """What decides `a if test else b`, by parameters and sizes."""
        e = ungrouped(e)
        if not isinstance(e, tree.Conditional):
            return None
        if isinstance(found, Value) and len(found.types) > 1:
            return None
        if isinstance(found, Value) and isinstance(found.flow, ir.Mode):  # `if training`
            return None
        test = self.truth(e.test, scope, "if")
        return test if test.origin is not None else None

    def chosen(
        self,
        s: tree.Assign,
        found: Entry | Bundle,
        test: Static,
        frame: Frame,
        scope: Scope,
    ) -> ir.Branch | None:
        """`y = a if test else b`: a tensor, a list of them, or a number where the other would be a
        tensor."""
        e, made = ungrouped(s.value), None
        assert isinstance(e, tree.Conditional)
        if isinstance(found, Value):
            made = self.bind(s.names, self.single(found, s.value), s, frame)
        elif isinstance(found, Static) and isinstance(found.value, Tensors):
            made = self.bind_list(s.names[0], found.value, s, frame)
        elif frame.definition.kind != "fn" or not isinstance(found, Static):
            return None  # to look at the side that is not taken would make its layers
        elif not is_number(found):
            return None
        else:
            try:
                with self.without_lists():
                    other = self.expression(e.otherwise if test.value else e.then, scope)
            except (SpecError, Skip):
                return None
            if not isinstance(other, Value):
                return None
            name = s.names[0]
            self.write(name, Chosen(found.value, found.origin, name.id), frame)
        return self.choice(s.value, test, made, frame)

    def choice(self, e: tree.Expr, test: Static, made: ir.Bind | None, frame: Frame) -> ir.Branch:
        """`a if test else b`, of which the body is what was taken, behind the lists that it
        reads."""
        lists, frame.lists = frame.lists or [], []
        return ir.Branch(
            site=frame.site(e),
            tests=(test,),
            taken=int(not test.value),
            body=(*lists, made) if made is not None else (),
            line=e.span.line,
            inline=True,
        )

    def bind(
        self, names: tuple[tree.Name, ...], value: Value, s: tree.Assign, frame: Frame
    ) -> ir.Bind:
        self.check_depth(value.flow, s.span, frame)
        numbers = [known(value.flow, frame.known, i) for i in range(len(names))]
        for name, type_ in zip(names, value.types, strict=True):
            wire = ir.Wire(name=name.id, types=(type_,))
            self.write(name, Value(wire, name.span, name.id), frame)
        frame.known |= zip((n.id for n in names), numbers, strict=True)
        return ir.Bind(
            site=frame.site(names[0]),
            names=tuple(n.id for n in names),
            value=value.flow,
            line=s.span.line,
        )

    def bind_list(
        self, name: tree.Name, items: list[Value], s: tree.Assign, frame: Frame
    ) -> ir.Bind:
        """A wire that is a list of tensors; an empty list may become one."""
        made = items if isinstance(items, Tensors) else written_out(())
        self.check_depth(made.flow, s.span, frame)
        self.write(name, Static(named(name.id, made)), frame)
        return ir.Bind(site=frame.site(name), names=(name.id,), value=made.flow, line=s.span.line)

    def write(self, name: tree.Name, entry: Entry, frame: Frame) -> None:
        frame.scope.entries[name.id] = entry
        frame.known.pop(name.id, None)

    def let(self, s: tree.Let, frame: Frame, scope: Scope) -> None:
        if frame.definition.kind == "fn":
            hint = "a function owns no layers; make it a `block`"
            raise SpecError(Misplaced(s.span, "a `let`", "a `fn`", hint))
        self.check_name(s.name, frame, scope, "a `let`")
        if isinstance(scope.find(s.name.id), Static | Value):
            raise SpecError(NameTaken(s.name.span, s.name.id, "a wire", "a `let`"))
        if scope is not frame.scope:
            instead = "`let` it before the loop; a layer in a chain is a new one in each round"
            raise SpecError(NotInThisVersion(s.span, "`let` in a loop", instead))
        raw = self.raw(s.value)
        if raw is not None:
            frame.scope.entries[s.name.id] = self.raw_weight(raw, s, frame, scope)
            return
        layer = self.layer(s.value, scope)[0]
        if isinstance(layer, Instance):
            raise SpecError(NameTaken(s.value.span, layer.statement.name.id, *ANOTHER))
        instance = Instance(layer, frame.names.lets[id(s)], s)
        frame.scope.entries[s.name.id] = instance
        frame.idle[instance.name] = s

    # -- names

    def check_name(self, name: tree.Name, frame: Frame, scope: Scope, role: str = "a wire") -> None:
        """Whether a statement may give this name to something. Raises SpecError."""
        what = self.taken(name.id, self.file_of(name), frame, scope)
        if what:
            raise SpecError(NameTaken(name.span, name.id, what, role))

    def taken(self, name: str, file: FileTable, frame: Frame, scope: Scope) -> str:
        """What has a name already, and keeps it; nothing if a wire may have it."""
        found = scope.find(name)
        declared = (p for p in frame.definition.parameters if not is_tensor(p.type))
        if any(p.name.id == name for p in declared):
            return "a parameter"
        if name in frame.dims:
            return "a dimension"
        if isinstance(found, Instance):
            return "an instance that `let` named"
        if is_raw(found):
            return "a weight or constant that `let` named"
        if name in arithmetic.FUNCTIONS or name in file.functions or self.is_function(name):
            return FUNCTION
        if name[:1].isupper() and ops.lookup(name) is not None:
            return "a layer"
        if name in file.parameters:
            return "a parameter of the file"
        if name in file.constants:
            return "a `let` of the file"
        if name in file.definitions:
            return "a block or model"
        own = name in frame.scope.entries
        if not own and isinstance(found, Static) and scope is not frame.scope:
            return "the variable of a loop"
        return ""

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
            not_run(other, frame, "branch")
        yield ir.Branch(
            site=frame.site(s), tests=tuple(tests), taken=taken, body=body, line=s.span.line
        )

    def loop(self, s: tree.For, frame: Frame, scope: Scope) -> Iterator[ir.Statement]:
        number = frame.site(s)
        for name in s.names:
            role = "the variable of a loop"
            what = self.taken(name.id, self.file_of(name), frame, frame.scope)
            if what not in ("", FUNCTION):  # it is read as a number there, and called as a function
                raise SpecError(NameTaken(name.span, name.id, what, role))
            if isinstance(frame.scope.entries.get(name.id), Static | Value):
                raise SpecError(NameTaken(name.span, name.id, "a wire", role))
        items, rounds = self.rounds(s.names, s.iterable, scope, number)
        headers = yield from elements(s, rounds, frame, self.context)
        made: list[tuple[ir.Statement, ...]] = []
        if not frame.loops:
            self.look_ahead(s, len(rounds), scope)
        frame.loops += 1
        try:
            for entries, header in zip(rounds, headers, strict=True):
                self.step(s.iterable.span)
                made.append((*header, *self.body(s.body, frame, Scope(scope, entries))))
        finally:
            frame.loops -= 1
        if not rounds:
            not_run(s.body, frame, "loop")
        values = tuple(
            tuple(e.value for e in entries.values() if isinstance(e, Static)) for entries in rounds
        )
        tensors = {b.names[0] for header in headers for b in header}
        if tensors:
            items = self.numbers_beside(s.names, s.iterable, rounds, scope)
        yield ir.Loop(
            site=number,
            names=tuple(n.id for n in s.names if n.id not in tensors),
            items=items,
            values=values,
            iterations=tuple(made),
            line=s.span.line,
        )

    def look_ahead(self, s: tree.For, rounds: int, scope: Scope) -> None:
        """Whether a loop and those in it fit into the limits. Raises Exhausted, at the innermost
        that does not."""
        own = self.file_of(s).definitions

        def is_layer(name: str) -> bool:
            known = name in own or scope.find(name) is not None
            return name[:1].isupper() and not known and ops.lookup(name) is not None

        def fits(least: ahead.Least) -> bool:
            return self.affords(least.rounds, least.layers)

        found = ahead.loop(s, rounds, lambda e: self.length(e, scope), fits, is_layer)
        if found is not None:
            self.check_ahead(found.least.rounds, found.least.layers, found.span)


ANOTHER = ("an instance that `let` named", "the layer of another")


def not_run(body: tree.Body, frame: Frame, where: Literal["branch", "loop"]) -> None:
    """Notes the wires of a body that does not run here."""
    frame.unread.append(body)
    for name in (n for s in body.statements for n in written(s)):
        if frame.scope.find(name.id) is None:
            frame.scope.entries[name.id] = NotTaken(name.span, where)


def _is_empty_list(e: tree.Expr) -> bool:
    return isinstance(e, tree.List) and not e.items
