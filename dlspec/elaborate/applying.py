"""Layers on tensors: chains, repeats, ops, scopes and blocks."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from dlspec.declared import Problem
from dlspec.diagnostics import Diagnostic, SpecError, nearest
from dlspec.diagnostics.consistency import BiasWithoutEffect
from dlspec.diagnostics.lengths import FixedSizeNeeded
from dlspec.diagnostics.names import Misplaced, NameTaken, NotInThisVersion
from dlspec.diagnostics.shapes import WeightsInFunction, WrongInput, WrongInputCount
from dlspec.elaborate.bounds import MOST_LAYERS, MOST_STEPS, Exhausted, too_many
from dlspec.elaborate.file import FileTable
from dlspec.elaborate.frame import Frame
from dlspec.elaborate.functions import FunctionEvaluator
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
from dlspec.expr import Const, Ref, Static, fixed, origin, with_origin
from dlspec.ir import model as ir
from dlspec.length import Dynamic
from dlspec.ops.base import Op
from dlspec.ops.batch_size import SIZE, count
from dlspec.ops.common import alike, each
from dlspec.ops.drawing import Draw
from dlspec.source import Span
from dlspec.syntax import tree
from dlspec.tensor import Tensor

SHARED = "a `let` instance beside other layers, in a chain with a name or a count,"
IN_A_LOOP = "write the chain without parentheses, in a `for` where it is repeated"


OF_EXAMPLES = "it belongs into a model, a block that reads a tensor, or a `train` block"
AS_MANY = (
    "its weights are as many as its places; `mean(axis=...)`, pooling and `return=last` take an "
    "axis of any size away"
)


class LayerApplier(FunctionEvaluator):
    """Applies layers to what arrives, within a frame."""

    frame: Frame
    warnings: list[Diagnostic]
    biased: tuple[ir.Flow, Span] | None = None
    """The layer with a bias that was applied last, and where it is written."""
    steps = MOST_STEPS
    """How many statements, rounds of loops and layers may still be elaborated."""

    def __init__(self, table: FileTable, overrides: Mapping[str, tree.Expr]) -> None:
        super().__init__(table, overrides)
        self.layers: dict[int, int] = {}
        """How many layers and functions each instance applies."""
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

    def step(self, span: Span, layers: int = 0) -> None:
        """Counts a step of the elaboration, and the layers that it adds to the model.

        Raises Exhausted where there are too many.
        """
        self.steps -= 1
        if self.steps < 0:
            what = "this model takes too many steps: statements and rounds of loops"
            raise Exhausted(*too_many(span, (), what, MOST_STEPS).diagnostics)
        applied = self.frame.applied
        applied[0] += layers
        if applied[0] > MOST_LAYERS:
            what = "this model has too many layers and functions, with all copies"
            raise Exhausted(*too_many(span, (), what, MOST_LAYERS).diagnostics)

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
                self.biased = None  # another use may need it
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

    def op(
        self,
        layer: OpLayer,
        inputs: tuple[ir.Flow, ...],
        named: dict[str, ir.Flow],
        module: ir.Path | None,
        factory: str | None,
        site: int,
        span: Span,
    ) -> Value:
        op = layer.op
        self.check_count(op, inputs, named, span)
        x = tuple(f.types[0] for f in inputs)
        states = {n: f.types[0] for n, f in named.items()}
        problems = list(op.problems(*x, **states))
        if problems:
            raise SpecError(*(self.input_problem(op, p, inputs, span) for p in problems))
        self.check_fixed(op, x, span)
        if op.gives_common:
            self.examples(span)
            if is_common(inputs[0]):
                owned = Problem(None, f"{x[0]} is the same for every example", "read it as it is")
                raise SpecError(self.input_problem(op, owned, inputs, span))
        made = self.applied(op, dict(layer.origins), inputs, named, site, span, module, factory)
        if self.biased is not None and inputs and inputs[0] is self.biased[0]:
            self.check_bias(op, self.biased[0], self.biased[1], span)
        wanted = isinstance(layer.origins.get("bias"), Const)  # `bias=true` says it is meant
        own = module is not None and factory is None and not wanted
        self.biased = (made.flow, layer.span) if own and op.bias_axis is not None else None
        return made

    def check_bias(self, op: Op, before: ir.Flow, written: Span, span: Span) -> None:
        """Notes a bias whose channels a normalisation brings to mean 0."""
        assert isinstance(before, ir.Apply)
        centred, biased, rank = op.centred_axis, before.op.bias_axis, before.types[0].rank
        if centred is not None and biased is not None and centred % rank == biased % rank:
            own = "bias" in before.op.model_fields_set
            kinds = before.op.kind(), op.kind()
            self.warnings.append(BiasWithoutEffect(written, *kinds, span, own))

    def applied(
        self,
        op: Op,
        origins: dict[str, Any],
        inputs: tuple[ir.Flow, ...],
        named: dict[str, ir.Flow],
        site: int,
        span: Span,
        module: ir.Path | None = None,
        factory: str | None = None,
    ) -> Value:
        self.step(span, 1)
        x = tuple(f.types[0] for f in inputs)
        shape = op.shape(*x, **{n: f.types[0] for n, f in named.items()})
        types = shape if isinstance(shape, tuple) else (shape,)
        alone = all(map(is_common, (*inputs, *named.values())))
        common = op.gives_common or (alone and alike(op, x))
        types = tuple(t if t.common is common else replace(t, common=common) for t in types)
        flow = ir.Apply(
            site=site,
            op=op,
            origins=origins,
            inputs=inputs,
            named=named,
            types=types,
            module=module,
            factory=factory,
            line=span.line,
        )
        return Value(flow)

    def example(self) -> ir.Flow | None:
        """An input that belongs to each example: it tells how many there are."""
        for name, _ in self.frame.inputs if self.frame is not None else ():
            found = self.frame.scope.entries.get(name)
            if isinstance(found, Value) and not found.types[0].common:
                return found.flow
        return None

    def examples(self, span: Span) -> Dynamic:
        """The number of examples, `B`: a dimension of what is elaborated. Raises SpecError."""
        frame, size = self.frame, count()
        if frame.dims.setdefault(SIZE, size) != size:
            raise SpecError(NameTaken(span, SIZE, "the number of examples", "a dimension"))
        if self.example() is None:
            raise SpecError(Misplaced(span, "the number of examples", "this", OF_EXAMPLES))
        return size

    def check_count(
        self,
        op: Op,
        inputs: tuple[ir.Flow, ...],
        named: dict[str, ir.Flow],
        span: Span,
    ) -> None:
        least, most = op.inputs
        n = len(inputs)
        if n < least or (most is not None and n > most):
            wanted = str(least) if least == most else f"at least {least}"
            what = f"takes {wanted} input{'s' * (wanted != '1')}, got {n}"
            raise SpecError(WrongInputCount(span, self.context, op.kind(), what))
        unknown = [n for n in named if n not in op.named]
        if unknown:
            names = ", ".join(f"`{n}`" for n in unknown)
            hint = f"it has: {', '.join(op.named)}" if op.named else ""
            what = f"has no input {names}"
            raise SpecError(WrongInputCount(span, self.context, op.kind(), what, hint))

    def check_fixed(self, op: Op, x: tuple[Tensor, ...], span: Span) -> None:
        """Whether the axes that an op has weights for have fixed sizes. Raises SpecError."""
        if not op.has_weights():
            return
        for axis in op.sizes.values():
            size = x[0].shape[axis]
            if not fixed(size):
                what = f"axis {axis % x[0].rank} of {x[0]}"
                raise SpecError(FixedSizeNeeded(span, self.context, what, str(size), AS_MANY))

    def input_problem(
        self, op: Op, problem: Problem, inputs: tuple[ir.Flow, ...], span: Span
    ) -> WrongInput:
        found = ", ".join(str(f.types[0]) for f in inputs)
        return WrongInput(
            span,
            self.context,
            op.kind(),
            problem.what,
            f"{found} arrives" if len(inputs) == 1 else f"{found} arrive",
            None,
            problem.help,
        )

    def block(
        self,
        layer: BlockLayer,
        inputs: tuple[ir.Flow, ...],
        named: dict[str, ir.Flow],
        module: ir.Path,
        factory: str | None,
        site: int,
        span: Span,
    ) -> Value:
        arrivals = self.arrivals(layer, inputs, named, span)
        return self.called(layer, arrivals, module, factory, site, span)

    def called(
        self,
        layer: BlockLayer,
        arrivals: dict[str, ir.Flow],
        module: ir.Path,
        factory: str | None,
        site: int,
        span: Span,
    ) -> Value:
        """A block or function on its inputs, by their names."""
        types = {n: f.types[0] for n, f in arrivals.items()}
        number, made = self.instance(layer, types, span)
        self.step(span, self.layers[number])
        dims = self.caller_dims(made, arrivals)
        flow = ir.Call(
            site=site,
            block=self.title(layer.definition),
            instance=number,
            arguments=dict(layer.arguments),
            dims=dims,
            inputs=tuple(arrivals.values()),
            named={},
            types=self.caller_types(made, layer, dims, all(t.common for t in types.values())),
            module=module,
            factory=factory,
            weights=layer.kept.file if layer.kept else None,
            frozen=layer.kept is not None and layer.kept.frozen,
        )
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

    @abstractmethod
    def title(self, definition: tree.Definition | tree.Fn) -> str:
        """The name of a definition in the IR."""

    @abstractmethod
    def instance(
        self, layer: BlockLayer, arrivals: dict[str, Tensor], use: Span
    ) -> tuple[int, ir.Instance]:
        """The instance of a definition for these arguments and inputs, with its number."""

    def arrivals(
        self,
        layer: BlockLayer,
        inputs: tuple[ir.Flow, ...],
        named: dict[str, ir.Flow],
        span: Span,
    ) -> dict[str, ir.Flow]:
        """Which input of a block gets what, in the order of its declarations."""
        body = layer.definition.body
        owner = layer.definition.name.id
        if not isinstance(body, tree.Body):
            declared = ["x"]
        else:
            declared = [s.name.id for s in body.statements if isinstance(s, tree.Input)]
        unknown = [n for n in named if n not in declared]
        if unknown:
            close = nearest(unknown[0], declared)
            hint = f"did you mean `{close}`?" if close else f"it has: {', '.join(declared)}"
            what = f"has no input `{unknown[0]}`"
            raise SpecError(WrongInputCount(span, self.context, owner, what, hint))
        free = [n for n in declared if n not in named]
        if len(inputs) != len(free):
            what = f"takes {len(declared)} input{'s' * (len(declared) != 1)}"
            names = f" ({', '.join(declared)})" if declared else ""
            got = len(inputs) + len(named)
            raise SpecError(WrongInputCount(span, self.context, owner, f"{what}{names}, got {got}"))
        rest = iter(inputs)
        return {n: named[n] if n in named else next(rest) for n in declared}

    def caller_dims(self, made: ir.Instance, arrivals: dict[str, ir.Flow]) -> dict[str, Static]:
        """The sizes that a block bound, with their origins in the caller."""
        dims: dict[str, Static] = {}
        for (_, inner), flow in zip(made.inputs, arrivals.values(), strict=False):
            for mine, theirs in zip(inner.shape, flow.types[0].shape, strict=False):
                own = origin(mine)
                if isinstance(own, Ref) and own.name in made.dims:
                    dims.setdefault(own.name, Static(theirs, origin(theirs)))
        return dims

    def caller_types(
        self, made: ir.Instance, layer: BlockLayer, dims: dict[str, Static], common: bool
    ) -> tuple[Tensor, ...]:
        """The types of a block's outputs, with the origins of their sizes in the caller; `common`:
        whether all that it reads is common, so that what it makes is common too."""

        def translated(size: int) -> int:
            own = origin(size)
            if isinstance(own, Ref):
                outer = layer.arguments.get(own.name) or dims.get(own.name)
                if outer is not None:
                    return with_origin(size, outer.origin)
            return with_origin(size, None)

        return tuple(
            replace(t, shape=tuple(map(translated, t.shape)), common=t.common or common)
            for _, t in made.outputs
        )


def is_common(flow: ir.Flow) -> bool:
    """Whether a value is the same for all examples."""
    return isinstance(flow, ir.Scalar) or all(t.common for t in flow.types)


def outputs(value: Value) -> tuple[Value, ...]:
    """A value with several outputs as so many values."""
    if len(value.types) == 1:
        return (value,)
    return tuple(
        Value(ir.Select(index=i, value=value.flow, types=(t,))) for i, t in enumerate(value.types)
    )
