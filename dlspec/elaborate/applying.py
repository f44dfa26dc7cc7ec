"""Layers on tensors: chains, repeats, ops, scopes and blocks."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from dlspec.declared import Problem
from dlspec.diagnostics import Diagnostic, SpecError, nearest
from dlspec.diagnostics.shapes import (
    TensorAsValue,
    WrongInput,
    WrongInputCount,
)
from dlspec.diagnostics.values import BadValue, TooLarge, WrongType
from dlspec.elaborate import arithmetic
from dlspec.elaborate.frame import Frame
from dlspec.elaborate.layers import LayerEvaluator
from dlspec.elaborate.names import Names, names_of_chain
from dlspec.elaborate.values import (
    BlockLayer,
    Bundle,
    ChainLayer,
    Instance,
    Layer,
    OpLayer,
    Scope,
    Value,
    describe,
)
from dlspec.expr import Static
from dlspec.ir import model as ir
from dlspec.ops.base import Op
from dlspec.source import Span
from dlspec.syntax import tree
from dlspec.tensor import Tensor

if TYPE_CHECKING:
    from dlspec.elaborate.frame import Frame


class LayerApplier(LayerEvaluator):
    """Applies layers to what arrives, within a frame."""

    frame: Frame
    use_span: Span | None = None
    """The use that is being elaborated, for errors that blame it."""

    def __init__(self, table: Any, overrides: Any) -> None:
        super().__init__(table, overrides)
        self.frame = None  # type: ignore[assignment]

    def pass_over(self, node: tree.Node) -> None:
        if self.frame is not None:
            self.frame.unread.append(node)

    def through(
        self,
        arriving: Value | Bundle,
        stages: Iterable[tree.Stage],
        frame: Frame,
        scope: Scope,
    ) -> Value:
        """What arrives, sent through the stages of a chain."""
        items = outputs(arriving) if isinstance(arriving, Value) else arriving.items
        named = dict(arriving.named) if isinstance(arriving, Bundle) else {}
        value: Value | None = arriving if isinstance(arriving, Value) else None
        for stage in stages:
            flows = tuple(v.flow for v in items)
            value = self.stage(stage, flows, {n: v.flow for n, v in named.items()}, frame, scope)
            items, named = outputs(value), {}
        assert value is not None
        return value

    def stage(
        self,
        stage: tree.Stage,
        inputs: tuple[ir.Flow, ...],
        named: dict[str, ir.Flow],
        frame: Frame,
        scope: Scope,
    ) -> Value:
        layer, factory = self.layer(stage.layer, scope)
        if stage.count is None:
            return self.apply(layer, inputs, named, frame, factory, stage.layer)
        count = self.count(stage, scope)
        carried = tuple(t for f in inputs for t in f.types)
        bodies: list[ir.Flow] = []
        for _ in range(count.value):
            self.spend(1, stage.span)
            arriving = tuple(ir.Carry(index=i, types=(t,)) for i, t in enumerate(carried))
            made = self.apply(layer, arriving, named, frame, factory, stage.layer)
            bodies.append(made.flow)
            carried = made.types
        if not bodies:
            frame.unread.append(stage)
        flow = ir.Repeat(
            site=frame.site(stage),
            count=count,
            inputs=inputs,
            bodies=tuple(bodies),
            types=carried,
        )
        return Value(flow)

    def count(self, stage: tree.Stage, scope: Scope) -> Static:
        assert stage.count is not None
        entry = self.expression(stage.count, scope)
        if isinstance(entry, Value):
            chain = f"(x -> {stage.layer.span.text}) * {stage.count.span.text}"
            hint = f"`*` after a stage repeats it; to multiply, write `{chain}`"
            found_tensor = TensorAsValue(stage.count.span, self.context, str(entry.types[0]), hint)
            raise SpecError(found_tensor)
        found = self.value(stage.count, scope)
        n = found.value
        if isinstance(n, float) and n.is_integer():
            found = Static(int(n))
        if isinstance(n, bool) or not isinstance(found.value, int):
            what = "a number of copies"
            raise SpecError(WrongType(stage.count.span, self.context, "*", what, describe(found)))
        if found.value < 0:
            what = f"{found.value} copies"
            raise SpecError(BadValue(stage.count.span, self.context, "*", what))
        if found.value > arithmetic.LONGEST:
            what = f"{found.value} copies of a layer"
            limit = f"the most is {arithmetic.LONGEST}"
            raise SpecError(TooLarge(stage.count.span, self.context, what, limit))
        return found

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
        site, span = frame.site(node), node.span
        if isinstance(layer, Instance):
            frame.idle.pop(layer.name, None)
            module: ir.Path | None = (layer.name,)
            if isinstance(layer.layer, ChainLayer):
                names = self.chain_names(layer.layer, layer.statement)
                return self.scope(layer.layer, inputs, frame, module, names, site)
            layer = layer.layer
            lone = True
        else:
            lone = False
            module = None
        match layer:
            case OpLayer():
                if not lone and (layer.op.has_object() or factory):
                    module = frame.module(node)
                elif not layer.op.has_object():
                    module = None
                return self.op(layer, inputs, named, frame, module, factory, site, span)
            case BlockLayer():
                module = module if lone else frame.module(node)
                assert module is not None
                return self.block(layer, inputs, named, module, factory, site, span)
            case ChainLayer():
                if factory is not None:
                    names = self.chain_names(layer, None)
                    return self.scope(layer, inputs, frame, frame.module(node), names, site)
                inner = frame.names.scopes.get(id(node))
                if inner is not None:
                    return self.scope(layer, inputs, frame, frame.module(node), inner, site)
                if named:
                    what = "takes no named inputs"
                    raise SpecError(WrongInputCount(span, self.context, "a chain", what))
                values = tuple(Value(f) for f in inputs)
                return self.through(Bundle(values), layer.stages, frame, layer.scope)

    def chain_names(self, layer: ChainLayer, node: tree.Node | None) -> Names:
        """The names within a chain that is passed as a layer, or that `let` named."""
        key = id(node) if node is not None else id(layer.stages[0].layer)
        cache = self.frame.names.scopes
        if key not in cache:
            cache[key] = names_of_chain(layer.stages, self.table.definition)
        return cache[key]

    def scope(
        self,
        layer: ChainLayer,
        inputs: tuple[ir.Flow, ...],
        frame: Frame,
        module: ir.Path | None,
        names: Names,
        site: int,
    ) -> Value:
        """A chain whose layers stand below a name of their own."""
        assert module is not None
        carried = tuple(t for f in inputs for t in f.types)
        arriving = tuple(Value(ir.Carry(index=i, types=(t,))) for i, t in enumerate(carried))
        inner = frame.inside(module, names)
        before, self.frame = self.frame, inner
        try:
            made = self.through(Bundle(arriving), layer.stages, inner, layer.scope)
        finally:
            self.frame = before
        flow = ir.Scope(site=site, module=module, inputs=inputs, body=made.flow, types=made.types)
        return Value(flow)

    def op(
        self,
        layer: OpLayer,
        inputs: tuple[ir.Flow, ...],
        named: dict[str, ir.Flow],
        frame: Frame,
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
        return self.applied(op, dict(layer.origins), inputs, named, site, module, factory)

    def applied(
        self,
        op: Op,
        origins: dict[str, Any],
        inputs: tuple[ir.Flow, ...],
        named: dict[str, ir.Flow],
        site: int,
        module: ir.Path | None,
        factory: str | None,
    ) -> Value:
        x = tuple(f.types[0] for f in inputs)
        shape = op.shape(*x, **{n: f.types[0] for n, f in named.items()})
        types = shape if isinstance(shape, tuple) else (shape,)
        flow = ir.Apply(
            site=site,
            op=op,
            origins=origins,
            inputs=inputs,
            named=named,
            types=types,
            module=module,
            factory=factory,
        )
        return Value(flow)

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

    def input_problem(
        self, op: Op, problem: Problem, inputs: tuple[ir.Flow, ...], span: Span
    ) -> Diagnostic:
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
        before, self.use_span = self.use_span, span
        frame, self.frame = self.frame, None  # type: ignore[assignment]
        try:
            number, made = self.instance(  # type: ignore[attr-defined]
                layer, {n: f.types[0] for n, f in arrivals.items()}, span
            )
        finally:
            self.use_span, self.frame = before, frame
        dims = self.caller_dims(made, arrivals)
        flow = ir.Call(
            site=site,
            block=layer.definition.name.id,
            instance=number,
            arguments=dict(layer.arguments),
            dims=dims,
            inputs=tuple(arrivals.values()),
            named={},
            types=self.caller_types(made, layer, dims),
            module=module,
            factory=factory,
        )
        return Value(flow)

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
        from dlspec.expr import Ref, origin

        dims: dict[str, Static] = {}
        for (_, inner), flow in zip(made.inputs, arrivals.values(), strict=False):
            for mine, theirs in zip(inner.shape, flow.types[0].shape, strict=False):
                own = origin(mine)
                if isinstance(own, Ref) and own.name in made.dims:
                    dims.setdefault(own.name, Static(int(theirs), origin(theirs)))
        return dims

    def caller_types(
        self, made: ir.Instance, layer: BlockLayer, dims: dict[str, Static]
    ) -> tuple[Tensor, ...]:
        """The types of a block's outputs, with the origins of their sizes in the caller."""
        from dlspec.expr import Ref, Size, origin

        def translated(size: int) -> int:
            own = origin(size)
            if isinstance(own, Ref):
                outer = layer.arguments.get(own.name) or dims.get(own.name)
                if outer is not None:
                    return Size(int(size), outer.origin)
            return Size(int(size), None)

        return tuple(
            Tensor(t.dtype, tuple(map(translated, t.shape)), t.classes, t.image)
            for _, t in made.outputs
        )


def outputs(value: Value) -> tuple[Value, ...]:
    """A value with several outputs as so many values."""
    if len(value.types) == 1:
        return (value,)
    return tuple(
        Value(ir.Select(index=i, value=value.flow, types=(t,))) for i, t in enumerate(value.types)
    )
