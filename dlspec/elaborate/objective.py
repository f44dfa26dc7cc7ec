"""Whether the loss of a `train` block is a sum of losses, and the graph of one that is more."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from dlspec import recipe
from dlspec.elaborate.activations import last_op
from dlspec.elaborate.evaluate import Skip
from dlspec.elaborate.feeding import Feeding
from dlspec.elaborate.file import FileTable
from dlspec.elaborate.joined import Joined
from dlspec.elaborate.kinds import ungrouped
from dlspec.elaborate.losses import Comparable
from dlspec.elaborate.objects import Objects
from dlspec.elaborate.ragged import arriving
from dlspec.elaborate.settings import Settings
from dlspec.elaborate.steps import MODEL, Network, StepBuilder
from dlspec.elaborate.values import BlockLayer
from dlspec.elaborate.watched import activations, comparable, terms
from dlspec.ir import recipe as ir
from dlspec.ir.model import ModelIR
from dlspec.length import Dynamic
from dlspec.passes.padding import lengths_name
from dlspec.recipe.losses import Activation, Loss
from dlspec.syntax import tree


def is_sum(e: tree.Expr, tensors: Collection[str]) -> bool:
    """Whether an expression is a sum of losses of two names, with factors: right or wrong, it needs
    no graph. `tensors` are the names of outputs and fields."""
    match e:
        case tree.Group(value=inner) | tree.Unary(op="-", operand=inner):
            return is_sum(inner, tensors)
        case tree.Binary(op="+" | "-", left=left, right=right):
            return is_sum(left, tensors) and is_sum(right, tensors)
        case tree.Binary(op="*", left=left, right=right) if _factor(left, tensors):
            return is_sum(right, tensors)
        case tree.Binary(op="*" | "/", left=left, right=right):
            return is_sum(left, tensors) and _factor(right, tensors)
        case tree.Call(callee=tree.Name(id=name), arguments=arguments):
            cls = recipe.lookup("loss", name)
            computed = cls is not None and issubclass(cls, Loss) and (cls.of_outputs or cls.aligns)
            return name[:1].isupper() and not computed and all(map(_simple, arguments))
        case tree.Name(id=name):
            return name[:1].isupper()
        case tree.Number() | tree.Quantity() | tree.Literal():
            return True
    return False


def _factor(e: tree.Expr, tensors: Collection[str]) -> bool:
    """Whether an expression is a number, as far as its text tells."""
    match e:
        case tree.Group(value=inner) | tree.Unary(operand=inner):
            return _factor(inner, tensors)
        case tree.Binary(left=left, right=right):
            return _factor(left, tensors) and _factor(right, tensors)
        case tree.Call(callee=tree.Name(id=name), arguments=arguments):
            return name[:1].islower() and all(_factor(a.value, tensors) for a in arguments)
        case tree.Name(id=name):
            return not name[:1].isupper() and name not in tensors
        case tree.Number() | tree.Quantity():
            return True
    return False


def _simple(a: tree.Argument) -> bool:
    """Whether an argument of a loss is a name, or a number of compile time."""
    if a.name is None:
        return isinstance(ungrouped(a.value), tree.Name)
    none = isinstance(a.value, tree.Literal) and a.value.value is None
    return a.name.id not in ("where", "weight") and not (a.name.id == "reduction" and none)


class Objective:
    """Elaborates what one `train` block computes of a batch, where that is more than such a sum."""

    def __init__(
        self,
        block: tree.Declaration,
        settings: Settings,
        table: FileTable,
        overrides: Mapping[str, tree.Expr],
        objects: Objects,
        found: Feeding,
    ) -> None:
        self.settings = settings
        self.objects = objects
        self.found = found
        self.builder = StepBuilder(table, overrides, objects, block)
        self.inputs: dict[str, str] = {}
        """The inputs of the model that a field feeds as it is."""
        self.model: ModelIR | None = None
        """What is trained: the only network, or the model that holds several."""
        self.ready = found.data is not None and found.data.ir is not None
        if settings.values.get(MODEL) is not None and found.model is None:
            self.ready = False
        with objects.collecting():
            self.read(block)
            self.join(block)

    @property
    def names(self) -> tuple[str, ...]:
        """The names of several networks."""
        networks = tuple(self.builder.networks)
        return networks if len(networks) > 1 else ()

    @property
    def models(self) -> dict[str, ModelIR]:
        """The networks, by their names in the block."""
        return {name: network.model for name, network in self.builder.networks.items()}

    @property
    def layer(self) -> BlockLayer | None:
        """The only network, as it is written."""
        return next((n.layer for n in self.builder.networks.values() if not self.names), None)

    @property
    def updates(self) -> tuple[str, ...]:
        """The networks that learn: those that are not frozen, where there are several."""
        networks = self.builder.networks.items()
        return tuple(n for n, made in networks if not (self.names and made.frozen))

    def read(self, block: tree.Declaration) -> None:
        """The statements in order, and the loss. Raises Skip where data or model are broken."""
        found, builder = self.found, self.builder
        given = self.settings.values.get(MODEL)
        if not self.ready:
            raise Skip
        assert found.data is not None and found.data.ir is not None
        fields = {f.name: f.type for f in found.data.ir.fields}
        builder.fields(fields)
        builder.void = found.data.ir.void
        lets = [s for s in self.settings.wires if isinstance(s, tree.Let)]
        for let in lets:  # a network knows whether it is the only one
            builder.wires(let)
        for s in block.body.statements:
            if given is not None and s is given:
                self.apply(given, fields)
            elif s in self.settings.wires and s not in lets:
                builder.wires(s)
        e = self.settings.get("loss")
        if e is not None:
            builder.loss(e, self.updates if self.names else ())

    def join(self, block: tree.Declaration) -> None:
        """The model of all networks."""
        networks = self.builder.networks
        if not self.names:
            self.model = next((n.model for n in networks.values()), None)
            return
        self.inputs = {}
        joined = Joined(self.builder.table, self.builder.overrides, self.objects.scope)
        self.model = joined.together(networks, block)
        self.objects.problems.extend(joined.problems)

    def apply(self, given: tree.Assign, fields: Mapping[str, object]) -> None:
        """`model = Net(tokens=tokens[:-1])`: the network on what feeds it."""
        found, builder = self.found, self.builder
        model, layer = found.model, found.layer
        assert model is not None and layer is not None
        made_by = {n: last_op(model, n) for n, _ in model.root.outputs if n is not None}
        builder.network(MODEL, Network(layer, model, given.value.span), made_by)
        fed: dict[str, tree.Expr | None] = {}
        before = self.objects.broken
        for name, wanted in model.root.fed:
            pair = found.pairs.get(name)
            e = ungrouped(pair.value) if pair is not None else tree.Name(given.value.span, name)
            fed[name] = e
            a_wire = isinstance(e, tree.Name) and builder.frame.scope.find(e.id) is not None
            if isinstance(e, tree.Name) and (e.id in fields or pair is None or not a_wire):
                with self.objects.collecting():
                    self.inputs[name] = found.feed(name, wanted, found.fields)
        if self.objects.broken > before:
            builder.missing(builder.networks[MODEL])
            return
        builder.outputs(MODEL, fed, given.value.span)
        for s in builder.statements[-1:]:
            flow = getattr(s, "value", None)
            for (_, wanted), f in zip(model.root.fed, getattr(flow, "inputs", ()), strict=False):
                for size, at in zip(wanted.shape, f.types[0].shape, strict=False):
                    if isinstance(size, Dynamic):
                        found.lengths = {str(size): at} | found.lengths

    def lengths(self, step: ir.Step) -> dict[str, int]:
        """What arrives at the dynamic sizes of the networks' inputs."""
        found = self.found
        if self.settings.get(MODEL) is not None and not self.names:
            return found.lengths
        assert found.data is not None and found.data.ir is not None
        return arriving([step], self.models, found.data.ir.ragged)

    def told(self, model: ModelIR) -> dict[str, str]:
        """The columns that feed the lengths which the model is told of the rows that feed it."""
        found = self.found
        assert found.data is not None and found.data.ir is not None
        if self.names:
            return {}
        has, rows = dict(model.root.inputs), found.data.ir.ragged
        told = ((lengths_name(n), str(at)) for n, at in found.lengths.items())
        return {name: lengths_name(at) for name, at in told if at in rows and name in has}

    def comparable(self) -> Comparable:
        """What metrics can name: outputs of the model, wires, and fields."""
        known, frame = self.found.comparable(), self.builder.frame
        return comparable(known, frame.scope, frame.broken) if self.ready else known

    def activations(self) -> dict[str, Activation]:
        """What turns wires into predictions, as the losses on them imply."""
        return activations(self.builder.statements)

    def terms(self) -> list[ir.LossTerm]:
        """The losses that compare an output with a field, as both are."""
        graph = self.builder.statements
        outputs = [n for n in self.builder.frame.scope.entries if n not in self.found.fields]
        return [
            ir.LossTerm(
                factor=1.0,
                loss=f.loss,
                output=output,
                target=target,
                axis=f.axis,
                line=line,
            )
            for f, output, target, line in terms(graph, outputs, list(self.found.fields))
        ]

    def step(self, metrics: list[ir.MetricUse]) -> ir.Step | None:
        """The graph, with what the metrics read; None where something is wrong."""
        builder = self.builder
        builder.watch(metrics)
        made, e = builder.graph(), self.settings.get("loss")
        self.objects.problems.extend(builder.problems)
        if made is None or e is None:
            return None
        return ir.Step(updates=self.updates, graph=made, text=e.span.text)
