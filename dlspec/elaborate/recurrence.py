"""Recurrences of one's own: `state`, `next`, and `Scan(cell)`."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator
from dataclasses import replace

from dlspec.diagnostics import SpecError, nearest
from dlspec.diagnostics.shapes import OutputDoesNotMatch
from dlspec.diagnostics.state import BadRecurrence
from dlspec.diagnostics.uses import Misplaced, NotInThisVersion
from dlspec.diagnostics.values import WrongType
from dlspec.elaborate.evaluate import Skip
from dlspec.elaborate.frame import Frame
from dlspec.elaborate.headers import written
from dlspec.elaborate.raw import RawWeights
from dlspec.elaborate.values import Broken, ScanLayer, Scope, Value, describe
from dlspec.expr import Static
from dlspec.ir import model as ir
from dlspec.ir.model import NEXT
from dlspec.ops.common import each
from dlspec.source import Span
from dlspec.syntax import tree
from dlspec.tensor import FLOATS, Tensor


class RecurrenceBuilder(RawWeights):
    """States of a body, and cells that are called at each step."""

    instances: list[ir.Instance]
    active: list[str]
    around: int
    scanned: set[int]
    """The definitions that a `Scan` calls, by the numbers of their nodes."""

    @abstractmethod
    def check_name(self, name: tree.Name, frame: Frame, scope: Scope, role: str = "a wire") -> None:
        """Whether a statement may give this name to something. Raises SpecError."""

    # -- statements of a cell

    def state(self, s: tree.State, frame: Frame, scope: Scope) -> None:
        """`state h: f32[dim] = 0`: an input that a `Scan` gives, or whoever runs the model."""
        self.check_name(s.name, frame, scope, "a state")
        if frame.definition.kind == "fn":
            raise SpecError(Misplaced(s.span, "a `state`", "a `fn`", "make it a `block`"))
        if frame.nested > 1:
            raise SpecError(Misplaced(s.span, "a `state`", "an `if` or a `for`"))
        is_model = frame.definition.kind == "model"
        if is_model and len(self.active) - self.around > 1:
            what = "a model with `state` as a part of another one"
            raise SpecError(NotInThisVersion(s.span, what))
        if not is_model and id(frame.definition) not in self.scanned:
            instead = "a block with `state` stands in `Scan(...)`"
            raise SpecError(
                NotInThisVersion(s.span, "`state` of a block outside of `Scan`", instead)
            )
        name = s.name.id
        type_ = self.declared(s.type, frame, None)
        first = self.value(s.value, scope)
        if isinstance(first.value, bool) or not isinstance(first.value, int | float):
            wanted, found = "a number as the first value", describe(first)
            raise SpecError(WrongType(s.value.span, self.context, f"state {name}", wanted, found))
        if type_.dtype not in FLOATS and not isinstance(first.value, int):
            wanted, found = f"a whole number, as {type_}", describe(first)
            raise SpecError(WrongType(s.value.span, self.context, f"state {name}", wanted, found))
        given = frame.arrivals.get(name)
        if given is not None and not given.same(type_):
            what = f"the first value of `{name}` is {type_}, got {given}"
            raise SpecError(BadRecurrence(self.use_span or s.span, self.context[1:], what))
        floats = type_.dtype in FLOATS
        frame.states[name] = Static(float(first.value) if floats else first.value)
        self.arrives(name, type_, frame)

    def next(self, s: tree.Next, frame: Frame, scope: Scope) -> Iterator[ir.Statement]:
        """`next h = new`: kept for the end of the body, where it is given out."""
        name = s.name.id
        if isinstance(frame.scope.find(name), Broken):
            raise Skip
        if name not in frame.states:
            close = nearest(name, frame.states)
            hint = f"did you mean `{close}`?" if close else f"write `state {name}: f32[dim] = 0`"
            what = f"`{name}` is no state of this block"
            raise SpecError(BadRecurrence(s.name.span, self.context, what, hint))
        if name in frame.following:
            what = f"`{name}` has its `next` already"
            raise SpecError(BadRecurrence(s.name.span, self.context, what))
        if scope is not frame.scope:
            raise SpecError(Misplaced(s.span, "a `next`", "a `for`"))
        value = self.tensor(self.expression(s.value, scope), s.value)
        declared = dict(frame.inputs)[name]
        if len(value.types) != 1 or not value.types[0].same(declared):
            found = ", ".join(map(str, value.types))
            title = f"next {name}"
            wrong = OutputDoesNotMatch(s.value.span, self.context, title, str(declared), found)
            raise SpecError(wrong)
        if isinstance(value.flow, ir.Wire) and value.flow.name not in later(s, frame.definition):
            frame.following[name] = value.flow.name
            return
        kept = f"next_{name}"
        while frame.scope.find(kept) is not None:
            kept += "_"
        frame.following[name] = kept
        wire = ir.Wire(name=kept, types=value.types)
        frame.scope.entries[kept] = Value(wire, s.span, kept)
        line = s.span.line
        yield ir.Bind(site=frame.site(s), names=(kept,), value=value.flow, line=line)

    def ended(self, frame: Frame) -> Iterator[ir.Statement]:
        """What is given behind the outputs: the next states, in the order of the states; those of a
        model by name."""
        is_model = frame.definition.kind == "model"
        body = frame.definition.body
        for s in body.statements if isinstance(body, tree.Body) and frame.states else ():
            if not isinstance(s, tree.State):
                continue
            name = s.name.id
            if name not in frame.following:
                what = f"`state {name}` has no `next {name}`"
                hint = f"write `next {name} = ...`: what it is at the next step"
                raise SpecError(BadRecurrence(s.name.span, self.context, what, hint))
            type_ = dict(frame.inputs)[name]
            wire = ir.Wire(name=frame.following[name], types=(type_,))
            named = f"{NEXT}{name}" if is_model else None
            if named is not None and named in dict(frame.outputs):
                what = f"the output `{named}` has the name of the next `{name}`"
                raise SpecError(BadRecurrence(s.name.span, self.context, what, "rename it"))
            frame.outputs.append((named, type_))
            yield ir.Output(site=frame.site(s), name=named, value=wire, line=s.span.line)

    # -- Scan

    def scan(
        self,
        layer: ScanLayer,
        inputs: tuple[ir.Flow, ...],
        named: dict[str, ir.Flow],
        module: ir.Path,
        site: int,
        span: Span,
    ) -> Value:
        """A cell at each step of what arrives without a name."""
        cell = layer.cell
        definition = cell.definition
        self.scanned.add(id(definition))
        assert isinstance(definition.body, tree.Body)
        declared = [s.name.id for s in definition.body.statements if isinstance(s, tree.Input)]
        states = [s.name.id for s in definition.body.statements if isinstance(s, tree.State)]
        unknown = [n for n in named if n not in (*declared, *states)]
        free = [n for n in declared if n not in named]
        if unknown or len(inputs) != len(free) or not free:
            self.misread(layer, unknown, declared, states, len(inputs), span)
        steps = self.steps_of(inputs, span)
        types = {n: each(f.types[0]) for n, f in named.items()}
        for n, f in zip(free, inputs, strict=True):
            t = f.types[0]
            types[n] = each(t.with_shape(*t.shape[1:]))
        given = {n: t for n, t in types.items() if n in (*declared, *states)}
        number, made = self.instance(cell, given, span)
        self.check_steady(made, span)
        self.step(span, self.layers[number])
        order = [*free, *states, *(n for n in declared if n in named)]
        own = dict(made.inputs)
        arriving = {
            n: ir.Carry(index=i, types=(types.get(n, own[n]),)) for i, n in enumerate(order)
        }
        read: dict[str, ir.Flow] = {n: arriving[n] for n, _ in made.inputs}
        dims = self.caller_dims(made, read)
        gives = self.caller_types(made, cell, dims, False)
        call = ir.Call(
            site=site,
            block=self.title(definition),
            instance=number,
            arguments=dict(cell.arguments),
            dims=dims,
            inputs=tuple(read.values()),
            types=gives,
            module=module,
            weights=cell.kept.file if cell.kept else None,
            frozen=cell.kept is not None and cell.kept.frozen,
        )
        starts = dict(zip(states, gives[len(gives) - len(states) :], strict=True))
        first = made.states
        flow = ir.Scan(
            site=site,
            sequences=len(free),
            states=len(states),
            inputs=(
                *inputs,
                *(named.get(n) or ir.Scalar(value=first[n], types=(starts[n],)) for n in states),
                *(named[n] for n in order[len(free) + len(states) :]),
            ),
            body=call,
            types=tuple(
                replace(t.with_shape(steps, *t.shape), image=False)
                for t in gives[: len(gives) - len(states)]
            ),
        )
        return Value(flow)

    def misread(
        self,
        layer: ScanLayer,
        unknown: list[str],
        declared: list[str],
        states: list[str],
        arrive: int,
        span: Span,
    ) -> None:
        """Raises SpecError: the inputs are not those of the cell."""
        owner = layer.cell.definition.name.id
        has = ", ".join((*declared, *states))
        if unknown:
            close = nearest(unknown[0], (*declared, *states))
            hint = f"did you mean `{close}`?" if close else f"it has: {has}"
            what = f"{owner} has no input or state `{unknown[0]}`"
            raise SpecError(BadRecurrence(span, self.context, what, hint))
        what = f"{owner} has the inputs {', '.join(declared) or 'none'}; {arrive} arrive"
        hint = "what has no name is read step by step, and there is at least one such input"
        raise SpecError(BadRecurrence(span, self.context, what, hint))

    def steps_of(self, inputs: tuple[ir.Flow, ...], span: Span) -> int:
        """The number of steps, which all sequences have. Raises SpecError."""
        found: list[Tensor] = [f.types[0] for f in inputs]
        for t in found:
            if t.rank == 0 or t.shape[0] != found[0].shape[0]:
                said = ", ".join(map(str, found))
                what = "Scan reads along the first axis, of one length in all sequences"
                raise SpecError(BadRecurrence(span, self.context, what, "", f"{said} arrives"))
            if t.image:
                what = f"{t} comes from convolution or pooling: its first axis is the channels"
                hint = "swap the axes first: Rearrange([C, L] -> [L, C])"
                raise SpecError(BadRecurrence(span, self.context, what, hint))
        size: int = found[0].shape[0]
        return size

    def check_steady(self, cell: ir.Instance, span: Span) -> None:
        """Whether a cell draws nothing, keeps no statistics and adds no penalty. Raises
        SpecError."""
        for s in ir.statements(cell.body):
            if isinstance(s, ir.Penalty):
                instead = "give out what it reads, and write it behind the Scan"
                raise SpecError(NotInThisVersion(span, "`penalty` in a cell", instead))
            for f in ir.flows(s.value):
                if isinstance(f, ir.Call):
                    self.check_steady(self.instances[f.instance], span)
                if not isinstance(f, ir.Apply):
                    continue
                x = tuple(i.types[0] for i in f.inputs)
                if f.op.draws or any(w.kind == "statistics" for w in f.op.weights(*x)):
                    instead = "write it before or behind the Scan, over all steps"
                    what = f"{f.op.kind()} in a cell"
                    raise SpecError(NotInThisVersion(span, what, instead))


def later(s: tree.Statement, definition: tree.Definition | tree.Fn) -> set[str]:
    """The names that the statements behind one write."""
    body = definition.body
    behind = body.statements if isinstance(body, tree.Body) else ()
    return {n.id for t in behind if t.span.start >= s.span.end for n in written(t)}
