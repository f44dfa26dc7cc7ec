"""From the text of a model to its instances: every value, shape and name known."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import PurePath
from typing import Any

from dlspec.diagnostics import Diagnostic, SpecError
from dlspec.diagnostics.shapes import WrongInputCount
from dlspec.diagnostics.uses import NoOutput
from dlspec.elaborate import wires
from dlspec.elaborate.biases import without_effect
from dlspec.elaborate.bounds import MOST_NESTED, too_many
from dlspec.elaborate.evaluate import Skip
from dlspec.elaborate.file import FileTable
from dlspec.elaborate.frame import Frame
from dlspec.elaborate.kinds import chain_stages
from dlspec.elaborate.names import Names, names_of
from dlspec.elaborate.patterns import Patterns
from dlspec.elaborate.penalties import gathered
from dlspec.elaborate.python import PythonCalls
from dlspec.elaborate.signatures import is_tensor
from dlspec.elaborate.unread import digest
from dlspec.elaborate.values import BlockLayer, Entry, Scope, Value
from dlspec.elaborate.written import note_definition
from dlspec.expr import Ref, Static, with_origin
from dlspec.ir import model as ir
from dlspec.source import Span
from dlspec.syntax import tree
from dlspec.tensor import Tensor


class ModelBuilder(PythonCalls):
    """Elaborates models of one file. One builder serves one model."""

    def __init__(
        self, table: FileTable, overrides: Mapping[str, tree.Expr], file_scope: Scope
    ) -> None:
        super().__init__(table, overrides)
        self.file_scope = file_scope
        self.problems: list[Diagnostic] = []
        self.warnings: list[Diagnostic] = []
        self.told: set[Any] = set()
        self.definitions: dict[str, ir.Definition] = {}
        self.instances: list[ir.Instance] = []
        self.known: dict[Any, int] = {}
        self.titles: dict[int, str] = {}
        self.names: dict[str, Names] = {}
        self.sites: dict[str, dict[int, int]] = {}
        self.active: list[str] = []
        self.scanned: set[int] = set()
        self.around = 0
        self.patterns: dict[int, Patterns] = {}
        """What instances say of their weights."""

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
        return self.whole(self.title(layer.definition), number)

    def whole(self, name: str, number: int) -> ir.ModelIR | None:
        """The model of which an instance is the root, with what is said of its weights."""
        made = ir.ModelIR(
            name=name,
            instance=number,
            definitions=self.definitions,
            instances=tuple(self.instances),
        )
        if self.patterns:
            from dlspec.elaborate.initial import said_of_weights

            found, problems = said_of_weights(made, self.patterns, self)
            if problems:
                self.report(SpecError(*problems))
            made = made.model_copy(update=found)
        return made if not self.problems else None

    # -- definitions and instances

    def title(self, definition: tree.Definition | tree.Fn) -> str:
        """The name of a definition in the IR: its own, unless another file has that one too."""
        if id(definition) not in self.titles:
            name = definition.name.id
            here = self.file_of(definition) is self.table
            own = () if here else (*self.table.own, *self.table.own_functions)
            taken = {*self.titles.values(), *own}
            if name in taken:
                words = re.split("[^A-Za-z0-9]+", PurePath(definition.span.source.name).stem)
                if definition.kind == "fn":
                    name = "_".join([*(w.lower() for w in words), name])
                else:
                    name = f"{''.join(w.title() for w in words)}{name}"
            while name in taken:
                name += "_"
            self.titles[id(definition)] = name
        return self.titles[id(definition)]

    def instance(
        self, layer: BlockLayer, arrivals: dict[str, Tensor], use: Span
    ) -> tuple[int, ir.Instance]:
        """The instance of a definition for these arguments and inputs, made where it is new."""
        definition = layer.definition
        if definition.name.id in self.file_of(definition).uses.recursive:
            raise Skip
        key = (layer.key, tuple((n, str(t), t.image, t.common) for n, t in arrivals.items()))
        if key in self.known:
            number = self.known[key]
            if number < 0:
                raise Skip
            return number, self.instances[number]
        if len(self.active) > MOST_NESTED:
            raise too_many(use, (), f"blocks within blocks: {MOST_NESTED + 1} deep", MOST_NESTED)
        self.known[key] = -1
        self.active.append(definition.name.id)
        try:
            with self.used(layer, arrivals, use):
                made, frame = self.elaborate(layer, arrivals)
        finally:
            self.active.pop()
        number = self.known[key] = len(self.instances)
        made = made.model_copy(update={"number": number})
        self.instances.append(made)
        self.layers[number] = frame.applied[0]
        if frame.patterns:
            self.patterns[number] = Patterns(tuple(frame.patterns), whole=layer.wire is None)
        return number, made

    @contextmanager
    def used(self, layer: BlockLayer, arrivals: dict[str, Tensor], use: Span) -> Iterator[None]:
        """Errors within say in which use they arose."""
        before = self.context, self.use_span, self.frame, self.home
        self.use_span = use
        if layer.definition.kind != "model" or self.active[1:]:
            said = layer.said(arrivals.values()) if layer.definition.kind == "fn" else str(layer)
            self.context = (f"in {shortened(said)}, used at {use}", *self.context)
        try:
            yield
        finally:
            self.context, self.use_span, self.frame, self.home = before

    def elaborate(
        self, layer: BlockLayer, arrivals: dict[str, Tensor]
    ) -> tuple[ir.Instance, Frame]:
        """The instance, and what was found on the way."""
        definition = layer.definition
        name = self.title(definition)
        if name not in self.names:
            self.names[name] = self.names_in(definition)
            self.sites[name] = {}
        values = {n: s.value for n, s in layer.arguments.items()}
        entries: dict[str, Entry] = {n: Static(v, Ref(n)) for n, v in values.items()}
        scope = Scope(Scope(self.scope_of(definition), entries))
        frame = Frame(definition, self.names[name], scope, arrivals, self.sites[name])
        self.frame = frame
        if isinstance(definition, tree.Fn):
            self.home = None
            body = self.function_body(definition, frame)
        elif isinstance(definition.body, tree.Body):
            self.home = definition
            body = self.body(definition.body, frame, scope)
            if definition.python is not None and not frame.broken:
                body = (*body, self.python_output(definition, definition.python, layer, frame))
        else:
            self.home = definition
            body = self.composition(definition, frame)
        if frame.broken:
            raise Skip
        if layer.wire is not None:
            output = wires.read(layer.wire, body, frame)
            body = (*wires.cut(layer.wire.id, body), output)
            frame.outputs = [(None, t) for t in output.value.types]
        if not frame.outputs:
            raise SpecError(NoOutput(definition.name.span, definition.kind, definition.name.id))
        if isinstance(definition, tree.Fn):
            self.check_all_returned(definition, frame)
        self.warnings.extend(without_effect(body, frame.biased, frame.centring))
        body = gathered((*frame.ahead, *body, *self.ended(frame)))
        if definition.kind == "model":  # whoever calls it may leave its states out
            frame.inputs.sort(key=lambda given: given[0] in frame.states)
        if name not in self.definitions:
            self.definitions[name] = self.describe(definition, frame)
            note_definition(self.definitions[name], definition)
        made = ir.Instance(
            number=0,
            definition=name,
            arguments=values,
            dims=frame.dims,
            inputs=tuple(frame.inputs),
            outputs=tuple(frame.outputs),
            states=frame.states,
            body=body,
            numbers={n: v for n, v in frame.numbers.items() if v is not None},
            unread=digest([*frame.unread, *frame.idle.values()]),
        )
        return made, frame

    def names_in(self, definition: tree.Definition | tree.Fn) -> Names:
        """The names of the layers of a definition; a function has none."""
        if isinstance(definition, tree.Fn):
            return Names()
        return names_of(definition, self.file_of(definition).kinds(definition))

    def describe(self, definition: tree.Definition | tree.Fn, frame: Frame) -> ir.Definition:
        inner = Scope(self.scope_of(definition))
        parameters = []
        tensors = {n for n, _ in frame.inputs}
        for p in definition.parameters:
            if p.name.id in tensors:
                continue
            default = None
            if p.default is not None:
                try:
                    default = self.default(definition, p, inner)
                except (SpecError, Skip):
                    default = None
            parameters.append(ir.Parameter(name=p.name.id, type=p.type.span.text, default=default))
        return ir.Definition(
            name=self.title(definition),
            kind=definition.kind,  # type: ignore[arg-type]
            parameters=tuple(parameters),
            inputs=tuple(n for n, _ in frame.inputs),
            doc=definition.doc,
            home=self.file_of(definition).path,
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
        value = self.through(wire, chain_stages(body), frame, frame.scope)
        self.check_depth(value.flow, body.span, frame)
        frame.outputs.extend((None, t) for t in value.types)
        return (
            ir.Output(
                site=frame.site(definition), name=None, value=value.flow, line=body.span.line
            ),
        )

    def function_body(self, fn: tree.Fn, frame: Frame) -> tuple[ir.Statement, ...]:
        """The statements of a `fn` of tensors, or its one expression."""
        for p in fn.parameters:
            if is_tensor(p.type):
                self.tensor_input(p.name, p.type, frame)
        if isinstance(fn.body, tree.Body):
            return self.body(fn.body, frame, frame.scope)
        span = fn.body.span
        value = self.tensor(self.expression(fn.body, frame.scope), fn.body)
        self.check_depth(value.flow, span, frame)
        self.check_returned(value.types, fn, span, frame)
        frame.outputs.extend((None, t) for t in value.types)
        site = frame.site(fn)
        return (ir.Output(site=site, name=None, value=value.flow, line=span.line),)

    def named_dims(self, arriving: Tensor, frame: Frame) -> Tensor:
        """The axes of an input that nobody named, under the usual names for its rank."""
        usual = {1: ("D",), 2: ("T", "D"), 3: ("C", "H", "W")}.get(arriving.rank, ())
        taken = {p.name.id for p in frame.definition.parameters}
        shape = []
        for i, size in enumerate(arriving.shape):
            name = usual[i] if i < len(usual) else f"N{i}"
            while name in taken:
                name += "_"
            frame.dims[name] = with_origin(size, Ref(name))
            shape.append(frame.dims[name])
        return replace(arriving, shape=tuple(shape))

    def report(self, error: SpecError) -> None:
        for d in error.diagnostics:
            if (d.code, d.span) not in self.told:
                self.told.add((d.code, d.span))
                self.problems.append(d)


LONGEST = 200


def shortened(said: str) -> str:
    """A text of at most LONGEST characters."""
    return said if len(said) <= LONGEST else said[: LONGEST - 3] + "..."
