"""Layers on tensors: chains, repeats, scopes, and what `let` named."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable, Mapping

from dlspec.diagnostics import SpecError
from dlspec.diagnostics.shapes import WeightsInFunction, WrongInputCount
from dlspec.diagnostics.uses import Misplaced, NotInThisVersion
from dlspec.elaborate import ahead
from dlspec.elaborate.file import FileTable
from dlspec.elaborate.frame import Frame
from dlspec.elaborate.instances import BlockApplier
from dlspec.elaborate.kinds import is_chain
from dlspec.elaborate.names import Names, names_of_chain
from dlspec.elaborate.parts import transposed
from dlspec.elaborate.passing import owns, shares
from dlspec.elaborate.values import (
    BlockLayer,
    Bundle,
    ChainLayer,
    ExpertsLayer,
    FnLayer,
    Given,
    Instance,
    Layer,
    Link,
    OpLayer,
    ScanLayer,
    Scope,
    Value,
)
from dlspec.ir import model as ir
from dlspec.ops.common import each
from dlspec.ops.drawing import Draw
from dlspec.source import Span
from dlspec.syntax import tree

SHARED = "a `let` instance beside other layers, in a chain with a name or a count,"
IN_A_LOOP = "write the chain without parentheses, in a `for` where it is repeated"


class LayerApplier(BlockApplier):
    """Applies layers to what arrives, within a frame."""

    def __init__(self, table: FileTable, overrides: Mapping[str, tree.Expr]) -> None:
        super().__init__(table, overrides)
        self.chain_names: dict[int, Names] = {}
        """The names within chains that stand below a name, by the node that they are written as."""

    def through(
        self, arriving: Value | Bundle, stages: Iterable[tree.Stage], frame: Frame, scope: Scope
    ) -> Value:
        """What arrives, sent through the stages of a chain."""
        return self.run(arriving, (self.link(s, scope) for s in stages), frame)

    def run(self, arriving: Value | Bundle, links: Iterable[Link], frame: Frame) -> Value:
        """What arrives, sent through layers."""
        items = outputs(arriving) if isinstance(arriving, Value) else arriving.items
        named = dict(arriving.named) if isinstance(arriving, Bundle) else {}
        value: Value | None = arriving if isinstance(arriving, Value) else None
        for link in links:
            flows = tuple(v.flow for v in items)
            value = self.stage(link, flows, {n: v.flow for n, v in named.items()}, frame)
            items, named = outputs(value), {}
        assert value is not None
        return value

    def stage(
        self,
        link: Link,
        inputs: tuple[ir.Flow, ...],
        named: dict[str, ir.Flow],
        frame: Frame,
    ) -> Value:
        stage, count = link.stage, link.count
        if count is None:
            return self.apply(link.layer, inputs, named, frame, link.parameter, stage.layer)
        assert stage.count is not None
        carried = tuple(each(t) for f in inputs for t in f.types)
        bodies: list[ir.Flow] = []
        self.check_ahead(0, count.value * ahead.copies(link.layer), stage.span)
        for _ in range(count.value):
            self.step(stage.span)
            arriving = tuple(ir.Carry(index=i, types=(t,)) for i, t in enumerate(carried))
            made = self.apply(link.layer, arriving, named, frame, link.parameter, stage.layer)
            bodies.append(made.flow)
            carried = made.types
        if not bodies:
            frame.unread.append(stage)
        flow = ir.Repeat(
            site=frame.site(stage.count),  # a stage at the head of a chain is made anew
            count=count,
            inputs=inputs,
            bodies=tuple(bodies),
            types=carried,
        )
        return Value(flow)

    def apply(
        self,
        layer: Layer | Instance,
        inputs: tuple[ir.Flow, ...],
        named: dict[str, ir.Flow],
        frame: Frame,
        factory: str | None,
        node: tree.Node,
    ) -> Value:
        """A layer on its inputs. `node` gives the site, the name and the place of errors."""
        if isinstance(layer, Instance):
            return self.instance_of(layer, inputs, named, frame, node)
        site, span = frame.site(node), node.span
        if frame.definition.kind in ("fn", "step"):
            self.check_alone(layer, span)
        match layer:
            case FnLayer(definition=fn, given=given):
                arriving = [Given(span, None, Value(f)) for f in inputs]
                arriving += [Given(span, tree.Name(span, n), Value(f)) for n, f in named.items()]
                return self.apply_fn(fn, (*arriving, *given), node)
            case OpLayer(op=op):
                has_object = op.has_object() or factory is not None
                module = frame.module(node) if has_object else None
                return self.op(layer, inputs, named, module, factory, site, span)
            case BlockLayer():
                module = frame.module(node)
                assert module is not None
                return self.block(layer, inputs, named, module, factory, site, span)
            case ScanLayer():
                module = frame.module(node)
                assert module is not None
                return self.scan(layer, inputs, named, module, site, span)
            case ExpertsLayer():
                return self.experts(layer, inputs, named, frame, None, node)
        module = None
        if not is_chain(node) or frame.names.place(node) is not None:
            module = frame.module(node) if owns(layer) else None
        return self.chain_of(layer, inputs, named, frame, module, node)

    def check_alone(self, layer: Layer, span: Span) -> None:
        """Whether a layer in a `fn` does without weights and state. Raises SpecError."""
        match layer:
            case BlockLayer(definition=definition) | ScanLayer(cell=BlockLayer(definition)):
                what = f"the {definition.kind} {definition.name.id}"
            case ExpertsLayer():
                what = "Experts"
            case OpLayer(op=Draw() as op) if self.frame.definition.kind == "fn":
                hint = "give it the numbers: `f(x, normal_like(x))`"
                raise SpecError(Misplaced(span, f"`{op.kind()}`", "a `fn`", hint))
            case OpLayer(op=op) if op.has_object():
                what = op.kind()
            case _:
                return
        trains = self.frame.definition.kind == "step"
        raise SpecError(WeightsInFunction(span, self.context, what, trains))

    def instance_of(
        self,
        instance: Instance,
        inputs: tuple[ir.Flow, ...],
        named: dict[str, ir.Flow],
        frame: Frame,
        node: tree.Node,
    ) -> Value:
        """A layer that `let` named, on its inputs: every use has the same weights."""
        frame.idle.pop(instance.name, None)
        layer = instance.layer
        module: ir.Path = (instance.name,)
        site, span = frame.site(node), node.span
        if instance.transposed:
            op = transposed(instance, frame.fed.get(instance.name), span)
            layer = OpLayer(op, {}, span)
        elif inputs:
            frame.fed[instance.name] = inputs[0].types[0]
        match layer:
            case OpLayer(op=op):
                own = module if op.has_object() else None
                made = self.op(layer, inputs, named, own, None, site, span)
                frame.biased.pop(id(made.flow), None)  # another use may need it
                return made
            case BlockLayer():
                return self.block(layer, inputs, named, module, None, site, span)
            case FnLayer():
                return self.apply(layer, inputs, named, frame, None, node)
            case ScanLayer():
                return self.scan(layer, inputs, named, module, site, span)
            case ExpertsLayer():
                return self.experts(layer, inputs, named, frame, instance.name, node)
        return self.chain_of(layer, inputs, named, frame, module if owns(layer) else None, node)

    def chain_of(
        self,
        layer: ChainLayer,
        inputs: tuple[ir.Flow, ...],
        named: dict[str, ir.Flow],
        frame: Frame,
        module: ir.Path | None,
        node: tree.Node,
    ) -> Value:
        """A chain as a layer: below a name, or in its place where it has none or needs none."""
        if named:
            what = "takes no named inputs"
            raise SpecError(WrongInputCount(node.span, self.context, "a chain", what))
        if module is None:
            return self.run(Bundle(tuple(map(Value, inputs))), layer.links, frame)
        if shares(layer):
            raise SpecError(NotInThisVersion(node.span, SHARED, IN_A_LOOP))
        known = self.chain_names.get(id(layer.written))
        if known is None:
            known = names_of_chain(layer.written, self.file_of(layer.written).kinds(layer.home))
            self.chain_names[id(layer.written)] = known
        return self.scope(layer, inputs, frame, module, known, frame.site(node))

    def scope(
        self,
        layer: ChainLayer,
        inputs: tuple[ir.Flow, ...],
        frame: Frame,
        module: ir.Path,
        names: Names,
        site: int,
    ) -> Value:
        """A chain whose layers stand below a name of their own."""
        carried = tuple(each(t) for f in inputs for t in f.types)
        arriving = tuple(Value(ir.Carry(index=i, types=(t,))) for i, t in enumerate(carried))
        made = self.run(Bundle(arriving), layer.links, frame.inside(module, names))
        flow = ir.Scope(site=site, module=module, inputs=inputs, body=made.flow, types=made.types)
        return Value(flow)

    @abstractmethod
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

    @abstractmethod
    def experts(
        self,
        layer: ExpertsLayer,
        inputs: tuple[ir.Flow, ...],
        named: dict[str, ir.Flow],
        frame: Frame,
        name: str | None,
        node: tree.Node,
    ) -> Value:
        """What each expert makes, weighted and summed. A `name` is that of a `let`."""


def outputs(value: Value) -> tuple[Value, ...]:
    """A value with several outputs as so many values."""
    if len(value.types) == 1:
        return (value,)
    return tuple(
        Value(ir.Select(index=i, value=value.flow, types=(t,))) for i, t in enumerate(value.types)
    )
