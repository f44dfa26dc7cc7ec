"""What a `train` block computes of a batch: its wires, its networks on them, and its loss."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from dlspec import ops, recipe
from dlspec.diagnostics import SpecError
from dlspec.diagnostics.shapes import WrongInputCount
from dlspec.diagnostics.train import CannotDifferentiate, DoesNotCompare, NotALoss, WrongOperands
from dlspec.diagnostics.uses import Misplaced, NotInThisVersion
from dlspec.elaborate import operands
from dlspec.elaborate.activations import activated, moved
from dlspec.elaborate.configured import configure
from dlspec.elaborate.derivatives import KIND, unreached
from dlspec.elaborate.evaluate import Skip
from dlspec.elaborate.file import FileTable
from dlspec.elaborate.frame import Frame
from dlspec.elaborate.losses import without_class
from dlspec.elaborate.model import ModelBuilder
from dlspec.elaborate.names import Names
from dlspec.elaborate.objects import LATER, Objects
from dlspec.elaborate.unread import digest
from dlspec.elaborate.values import BlockLayer, Broken, Instance, Scope, Value, describe
from dlspec.expr import Static
from dlspec.frozen import frozen
from dlspec.ir import model as ir
from dlspec.ir.recipe import MetricUse
from dlspec.recipe.losses import Loss
from dlspec.source import Span
from dlspec.syntax import tree
from dlspec.tensor import FLOATS, Tensor

NAME = "objective"
"""The function of a program that computes it."""
LOSS = "loss"
"""Its first output."""
MODEL = "model"
"""The network that `model = Net()` makes."""


@frozen
class Network:
    """A network that a `train` block trains: how it is written, and its IR."""

    layer: BlockLayer
    model: ir.ModelIR
    span: Span

    @property
    def frozen(self) -> bool:
        """Whether all of it stays as it is."""
        return self.layer.kept is not None and self.layer.kept.frozen


class StepBuilder(ModelBuilder):
    """Elaborates the wires and the loss of one `train` block, as a definition of its own.

    Its inputs are the fields of the data. A network is not taken apart: a use of it is one node.
    """

    def __init__(
        self,
        table: FileTable,
        overrides: Mapping[str, tree.Expr],
        objects: Objects,
        block: tree.Declaration,
    ) -> None:
        super().__init__(table, overrides, objects.scope)
        self.objects = objects
        self.train = block
        self.within = ModelBuilder(table, overrides, objects.scope)
        """Elaborates the networks for what they are applied to."""
        self.within.problems, self.within.told = self.problems, self.told
        self.networks: dict[str, Network] = {}
        self.made_by: dict[str, str] = {}
        """The kind of the op that gives an output of the model."""
        self.void: Mapping[str, int] = {}
        """The fields that have no class everywhere, with the number that says so."""
        self.active = self.within.active = [NAME]
        self.within.around = 1
        self.outer = Scope(Scope(objects.scope))
        """The networks."""
        self.begin(tree.Name(block.span, NAME), block)

    # -- entry

    def begin(self, name: tree.Name, of: tree.Declaration | tree.Step) -> None:
        """The definition that what follows belongs to: the block, or one `step` of it."""
        doc = of.doc if isinstance(of, tree.Declaration) else ""
        definition = tree.Definition(of.span, "step", name, (), of.body, doc)
        self.top = self.frame = Frame(definition, Names(), Scope(self.outer), {}, {})
        self.statements: list[ir.Statement] = []
        self.derivatives: dict[int, tree.Expr] = {}
        """What is differentiated, by the site."""

    def fields(self, fields: Mapping[str, Tensor]) -> None:
        for name, t in fields.items():
            self.arrives(name, t, self.frame)

    def network(self, name: str, network: Network, made_by: Mapping[str, str]) -> None:
        """A network, under the name that the block has for it."""
        self.networks[name] = network
        self.made_by |= made_by

    def outputs(self, name: str, inputs: Mapping[str, tree.Expr | None], span: Span) -> None:
        """The outputs of a network as wires: what `model = Net(tokens=tokens[:-1])` says. An input
        that nothing is written for is fed by the field of its name."""
        network = self.networks[name]
        try:
            arrivals: dict[str, ir.Flow] = {}
            for n, e in inputs.items():
                e = e if e is not None else tree.Name(span, n)
                value = self.tensor(self.expression(e, self.frame.scope), e)
                arrivals[n] = value.flow
            value = self.called(
                network.layer, arrivals, (name,), None, self.frame.site(self.train), span
            )
        except SpecError as error:
            self.report(error)
            self.missing(network)
            return
        except Skip:
            self.missing(network)
            return
        assert isinstance(value.flow, ir.Net)
        for n, t in zip(value.flow.gives, value.types, strict=True):
            self.frame.scope.entries[n] = Value(ir.Wire(name=n, types=(t,)), span, n)
        made = ir.Bind(
            site=self.frame.site(network.layer.definition),
            names=value.flow.gives,
            value=value.flow,
            line=span.line,
        )
        self.statements.append(made)

    def missing(self, network: Network) -> None:
        """The outputs of a network that cannot be applied are broken."""
        self.frame.broken = True
        for n, _ in network.model.root.outputs:
            self.frame.scope.entries[n or "output"] = Broken()

    def wires(self, statement: tree.Statement) -> None:
        body = tree.Body(statement.span, (statement,))
        self.statements += self.body(body, self.frame, self.frame.scope)

    def loss(self, e: tree.Expr, updates: Collection[str] = ()) -> None:
        """The loss: one number for the batch, or for each example, that one of the networks of
        `updates` computes; without them, any network."""
        try:
            flow = self.one_number(e)
        except SpecError as error:
            self.report(error)
            self.frame.broken = True
            return
        except Skip:
            self.frame.broken = True
            return
        if not self.learns(flow, updates):
            what = NotALoss(e.span, "no network computes it", "let it read an output of the model")
            if updates:
                names = " or ".join(f"`{n}`" for n in updates)
                hint = "a step updates what its loss is computed by"
                what = NotALoss(e.span, f"{names} has no part in it", hint)
            self.report(SpecError(what))
            self.frame.broken = True
            return
        self.frame.outputs.append((LOSS, flow.types[0]))
        made = ir.Output(site=self.frame.site(e), name=LOSS, value=flow, line=e.span.line)
        self.statements.append(made)

    def learns(self, flow: ir.Flow, updates: Collection[str]) -> bool:
        """Whether a network, of those that are updated, stands behind a value."""
        read = [flow]
        written: dict[str, list[ir.Flow]] = {}
        for s in ir.statements(tuple(self.statements)):
            for name in s.names if isinstance(s, ir.Bind) else ():
                written.setdefault(name, []).append(s.value)
        while read:
            for f in ir.flows(read.pop()):
                if isinstance(f, ir.Net) and (not updates or f.net in updates):
                    return True
                if isinstance(f, ir.Wire):
                    read += written.pop(f.name, [])
        return False

    def one_number(self, e: tree.Expr) -> ir.Flow:
        found = self.expression(e, self.frame.scope)
        if not isinstance(found, Value):
            raise SpecError(NotALoss(e.span, f"it is {describe(found)}"))
        value = self.single(found, e)
        t = value.types[0]
        if t.dtype not in FLOATS or t.size != 1:
            hint = "reduce it: `mean(...)`, or give it to a loss"
            raise SpecError(NotALoss(e.span, f"it is {t}, not one number for each example", hint))
        self.check_depth(value.flow, e.span, self.frame)
        return value.flow

    def watch(self, metrics: Sequence[MetricUse]) -> None:
        """Gives out, beside the loss, the wires that metrics read."""
        names = [n for m in metrics for n in (m.output, *([m.target] if m.computed else []))]
        for name in dict.fromkeys(names):
            entry = self.frame.scope.find(name)
            if isinstance(entry, Value):
                self.frame.outputs.append((name, entry.types[0]))
                site = self.frame.site(tree.Name(self.train.span, name))
                line = self.train.span.line
                self.statements.append(ir.Output(site=site, name=name, value=entry.flow, line=line))

    def graph(self) -> ir.ModelIR | None:
        """What it computes; None (with `problems`) where something is wrong."""
        self.check_derivatives()
        frame = self.frame
        if frame.broken or self.problems or not frame.outputs:
            return None
        name = self.title(frame.definition)
        self.definitions[name] = self.describe(frame.definition, frame)
        root = ir.Instance(
            number=len(self.instances),
            definition=name,
            arguments={},
            dims=frame.dims,
            inputs=tuple(frame.inputs),
            outputs=tuple(frame.outputs),
            body=(*frame.ahead, *self.statements),
            unread=digest(frame.unread),
        )
        self.instances.append(root)
        return ir.ModelIR(
            name=name,
            instance=root.number,
            definitions=self.definitions,
            instances=tuple(self.instances),
        )

    # -- networks

    def let(self, s: tree.Let, frame: Frame, scope: Scope) -> None:
        if frame is not self.top:
            super().let(s, frame, scope)
            return
        if scope is not frame.scope:
            what = "`let` of a network in a `for`"
            hint = "name each network beside the settings: `let first = Net()`"
            raise SpecError(Misplaced(s.span, what, "a `train` block", hint))
        self.check_name(s.name, frame, scope, "a network")
        layer = self.layer(s.value, scope)[0]
        if not isinstance(layer, BlockLayer) or layer.definition.kind != "model":
            what = "`let` of what is no model, in a `train` block"
            raise SpecError(NotInThisVersion(s.value.span, what, "make it a part of a `model`"))
        builder = ModelBuilder(self.table, self.overrides, self.file_scope)
        model = builder.model(layer)
        if model is None:
            for d in builder.problems:
                self.report(SpecError(d))
            raise Skip
        self.networks[s.name.id] = Network(layer, model, s.value.span)
        self.outer.entries[s.name.id] = Instance(layer, s.name.id, s)

    def called(
        self,
        layer: BlockLayer,
        arrivals: dict[str, ir.Flow],
        module: ir.Path,
        factory: str | None,
        site: int,
        span: Span,
    ) -> Value:
        if layer.definition.kind != "model":
            return super().called(layer, arrivals, module, factory, site, span)
        types = {n: replace(f.types[0], common=False) for n, f in arrivals.items()}
        within = self.within
        within.frame, within.context, within.use_span = self.frame, self.context, self.use_span
        _, made = within.instance(layer, types, span)
        flow = ir.Net(
            site=site,
            net=str(module[0]),
            takes=tuple(arrivals),
            gives=tuple(n or "output" for n, _ in made.outputs),
            part=len(self.networks) > 1,
            stateful=bool(made.states),
            inputs=tuple(arrivals.values()),
            types=tuple(t for _, t in made.outputs),
        )
        return Value(flow)

    # -- statements

    def statement(self, s: tree.Statement, frame: Frame, scope: Scope) -> Iterator[ir.Statement]:
        match s:
            case _ if frame is not self.top:
                pass
            case tree.Input() | tree.Output() | tree.State() | tree.Next() | tree.Weights():
                word = f"`{type(s).__name__.lower()}`"
                raise SpecError(Misplaced(s.span, word, "a `train` block"))
        yield from super().statement(s, frame, scope)

    # -- losses

    def unbound(self, e: tree.Name, scope: Scope, words: bool) -> Any:
        if not words and (cls := self.a_loss(e)) is not None:
            usage = f"write `{cls.kind()}(output, field)`"
            raise SpecError(WrongOperands(e.span, cls.kind(), "it gets nothing", usage))
        return super().unbound(e, scope, words)

    def call(self, e: tree.Call, scope: Scope) -> Any:
        if self.is_gradient(e, scope):
            return self.gradient(e, scope)
        cls = self.a_loss(e.callee)
        return super().call(e, scope) if cls is None else self.compared(cls, e, scope)

    # -- derivatives

    def is_gradient(self, e: tree.Call, scope: Scope) -> bool:
        """Whether a call is the language's `gradient`, and no function of the spec."""
        name = e.callee
        if not isinstance(name, tree.Name) or name.id != KIND or self.frame is not self.top:
            return False
        return self.function_of(name, scope) is None and scope.find(KIND) is None

    def gradient(self, e: tree.Call, scope: Scope) -> Value:
        """`gradient(y, x)`: how the sum of y changes with each element of the wire x."""
        cls = ops.lookup(KIND)
        assert cls is not None
        named = [a.name for a in e.arguments if a.name is not None]
        if named or len(e.arguments) != 2:
            given = f"has no argument `{named[0].id}`" if named else f"got {len(e.arguments)}"
            what = given if named else f"takes a value and a wire, {given}"
            hint = "write `gradient(y, x)`"
            raise SpecError(WrongInputCount(e.span, self.context, KIND, what, hint))
        of, wire = (a.value for a in e.arguments)
        y, x = (self.single(self.expression(v, scope), v) for v in (of, wire))
        if not isinstance(x.flow, ir.Wire) or x.types[0].common:
            hint = "name it first, `x = ...`, and compute the value from `x`"
            said = "it is common to all examples" if x.types[0].common else "it is no wire"
            raise SpecError(CannotDifferentiate(wire.span, said, hint))
        op = cls.bind((), {})
        for problem in op.problems(y.types[0], x.types[0]):
            raise SpecError(self.input_problem(op, problem, (y.flow, x.flow), e.span))
        found = self.applied(op, {}, (y.flow, x.flow), {}, self.frame.site(e), e.span)
        assert isinstance(found.flow, ir.Apply)
        self.derivatives[found.flow.site] = of
        return found

    def check_derivatives(self) -> None:
        """Reports the derivatives of values that do not change with their wire."""
        fields = [name for name, _ in self.frame.inputs]
        for flow, name in unreached(fields, self.statements):
            written = self.derivatives[flow.site]
            said = f"it is not computed from `{name}`"
            hint = f"let it read `{name}` itself, without `stop_gradient` on the way"
            self.report(SpecError(CannotDifferentiate(written.span, said, hint)))
            self.frame.broken = True

    def a_loss(self, e: tree.Expr) -> type[Loss] | None:
        """The loss of this name, where the spec has nothing of its own under it."""
        if self.frame is not self.top:
            return None
        if not isinstance(e, tree.Name) or self.file_of(e).definition(e.id) is not None:
            return None
        if e.id in LATER["loss"]:
            raise SpecError(self.objects.unknown("loss", e))
        found = recipe.lookup("loss", e.id)
        assert found is None or issubclass(found, Loss)
        return found

    def compared(self, cls: type[Loss], e: tree.Call, scope: Scope) -> Value:
        """A loss on an output and a target."""
        given = [a for a in e.arguments if a.name is None]
        if len(given) != 2:
            count = {0: "nothing", 1: "one value"}.get(len(given), f"{len(given)} values")
            usage = f"write `{cls.kind()}(output, field)`"
            raise SpecError(WrongOperands(e.span, cls.kind(), f"it gets {count}", usage))
        output, target = (self.compares(a, scope) for a in given)
        named: dict[str, ir.Flow] = {}
        options: list[tree.Argument] = []
        for a in e.arguments:
            if a.name is not None and a.name.id in cls.named:
                named[a.name.id] = self.beside(a, scope)
            elif a.name is not None:
                options.append(a)

        def argument(name: str, value: tree.Expr) -> Static:
            return self.value(value, scope, words=bool(cls.words(name)))

        call = tree.Call(e.span, e.callee, tuple(options))
        made = configure(call, cls, argument, self.context)
        loss, x, y = made.made, output.types[0], target.types[0]
        spans = dict(made.spans) | {a.name.id: a.value.span for a in e.arguments if a.name}
        problems = list(loss.problems(x, y))
        problems += [] if problems else loss.beside(x, y, {n: f.types[0] for n, f in named.items()})
        if problems:
            raise SpecError(
                *(
                    DoesNotCompare(spans.get(p.parameter or "", e.span), p.what, (), p.help)
                    for p in problems
                )
            )
        self.check_activation(loss, output, e)
        field = target.flow.name if isinstance(target.flow, ir.Wire) else ""
        written = {n for s in self.statements if isinstance(s, ir.Bind) for n in s.names}
        if field in self.void and field not in written and "where" not in named:
            first = given[0].value.span.text
            raise SpecError(without_class(loss, first, field, self.void[field], e.span))
        plain = loss.reduction is not None
        made_type = Tensor("f32", () if plain else loss.elements(x, y), common=plain)
        flow = ir.Compare(
            site=self.frame.site(e),
            loss=loss,
            axis=loss.class_axis(x, y),
            inputs=(output.flow, target.flow),
            named=named,
            types=(made_type,),
        )
        return Value(flow)

    def compares(self, a: tree.Argument, scope: Scope) -> Value:
        found = self.expression(a.value, scope)
        if isinstance(found, Instance):
            what = "a network as a value"
            hint = f"apply it: `{found.name}(x)`"
            raise SpecError(Misplaced(a.span, what, "a loss", hint))
        return self.single(found, a.value)

    def beside(self, a: tree.Argument, scope: Scope) -> ir.Flow:
        """`where` or `weight`: a tensor, or one number for all."""
        found = self.expression(a.value, scope)
        if operands.is_number(found):
            dtype = "bool" if isinstance(found.value, bool) else "f32"
            return operands.literal(found, [Tensor(dtype, ())], a.value, self.context)  # type: ignore[arg-type]
        return self.single(found, a.value).flow

    def check_activation(self, loss: Loss, output: Value, e: tree.Expr) -> None:
        """A loss that takes logits warns of activations."""
        flow, kind = moved(output.flow), ""
        if isinstance(flow, ir.Apply):
            kind = flow.op.kind()
        elif isinstance(flow, ir.Wire):
            kind = self.made_by.get(flow.name, "")
        self.objects.problems += activated(loss, kind, output.name or "its output", e.span)
