"""Expressions over tensors: chains, repeats, arithmetic."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from dlspec import ops
from dlspec.declared import Problem
from dlspec.diagnostics import Diagnostic, Label, SpecError, nearest
from dlspec.diagnostics.names import NotALayer, NotInThisVersion, UnknownName
from dlspec.diagnostics.shapes import (
    NotATensor,
    ShapesDoNotCombine,
    WrongInput,
    WrongInputCount,
)
from dlspec.diagnostics.values import BadValue, TooLarge, WrongType
from dlspec.elaborate import arithmetic
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
from dlspec.source import Span
from dlspec.syntax import tree
from dlspec.tensor import Tensor

if TYPE_CHECKING:
    from dlspec.elaborate.model import Frame

OPERATORS = {
    "+": ("add", "add"),
    "-": ("subtract", "subtract"),
    "*": ("multiply", "multiply"),
    "/": ("divide", "divide"),
    "**": ("power", "combine"),
}
"""Operator -> the op of the language, and the verb of its error."""


class TensorEvaluator(LayerEvaluator):
    """Evaluates expressions that may make tensors, within a frame."""

    frame: Frame
    use_span: Span | None = None
    """The use that is being elaborated, for errors that blame it."""

    def __init__(self, table: Any, overrides: Any) -> None:
        super().__init__(table, overrides)
        self.frame = None  # type: ignore[assignment]

    # -- expressions

    def expression(self, e: tree.Expr, scope: Scope, *, words: bool = False) -> Any:
        if isinstance(e, tree.Group) and isinstance(e.value, tree.Chain):
            return self.chain(e.value, scope)
        return super().expression(e, scope, words=words)

    def unbound(self, e: tree.Name, scope: Scope, words: bool) -> Any:
        if words:
            return super().unbound(e, scope, words)
        definition = self.table.definition(e.id)
        if definition is not None or ops.lookup(e.id) is not None:
            return Static(self.named_layer(e, (), e.span, scope)[0])
        known = (*scope.names(), *arithmetic.FUNCTIONS, *ops.names(), *self.table.definitions)
        raise SpecError(UnknownName(e.span, e.id, "name", nearest(e.id, known)))

    def is_function(self, name: str) -> bool:
        return not name[:1].isupper() and ops.lookup(name) is not None

    def chain(self, e: tree.Chain, scope: Scope) -> Any:
        head = self.expression(e.head, scope)
        if isinstance(head, Static):
            if isinstance(head.value, Layer):
                return Static(ChainLayer(self.stages(e), scope, e.span))
            raise SpecError(NotATensor(e.head.span, self.context, describe(head)))
        if isinstance(head, Instance):
            raise SpecError(NotALayer(e.head.span, "a layer stands where the chain begins"))
        return self.through(head, e.stages, self.frame, scope)

    def tensor(self, found: Any, e: tree.Expr) -> Value:
        """A value that is a tensor (or several outputs of one layer)."""
        if isinstance(found, Value):
            return found
        raise SpecError(NotATensor(e.span, self.context, describe(found)))

    def tuple(self, e: tree.Tuple, scope: Scope, words: bool) -> Any:
        found = [(a, self.expression(a.value, scope, words=words)) for a in e.items]
        if not any(isinstance(v, Value) for _, v in found):
            return super().tuple(e, scope, words)
        items: list[Value] = []
        named: dict[str, Value] = {}
        for a, v in found:
            value = self.tensor(v, a.value)
            if a.name is None:
                items.extend(_outputs(value))
            else:
                named[a.name.id] = value
        return Bundle(tuple(items), named)

    def sequence(self, kind: str, items: tuple[tree.Expr, ...], scope: Scope, words: bool) -> Any:
        found = [self.expression(i, scope, words=words) for i in items]
        for item, value in zip(items, found, strict=True):
            if isinstance(value, Value | Bundle):
                instead = "pass several tensors in parentheses: `(a, b) -> Concat`"
                raise SpecError(NotInThisVersion(item.span, "a list of tensors", instead))
        made = [v.value for v in found]
        origin = arithmetic.term(kind, *found)
        return Static(made if kind == "list" else tuple(made), origin)

    # -- arithmetic

    def binary(self, e: tree.Binary, scope: Scope) -> Any:
        left = self.expression(e.left, scope)
        if isinstance(left, Static) and e.op in ("and", "or"):
            return super().binary(e, scope)
        right = self.expression(e.right, scope)
        if isinstance(left, Static) and isinstance(right, Static):
            return self.compute(e.span, arithmetic.binary, e.op, left, right)
        if e.op not in OPERATORS:
            raise SpecError(NotInThisVersion(e.op_span, f"`{e.op}` between tensors"))
        name, verb = OPERATORS[e.op]
        cls = ops.lookup(name)
        assert cls is not None
        a, b = self.operand(left, right, e.left), self.operand(right, left, e.right)
        op = cls.bind((), {})
        for problem in op.problems(a.types[0], b.types[0]):
            origins = [self.since(v, t) for v, t in ((left, e.left), (right, e.right))]
            raise SpecError(
                ShapesDoNotCombine(
                    _operands(e),
                    self.context,
                    verb,
                    str(a.types[0]),
                    e.op,
                    str(b.types[0]),
                    tuple(o for o in origins if o),
                    problem.help or self.projection(a.types[0], b.types[0]),
                )
            )
        return self.applied(op, {}, (a, b), {}, self.frame.site(e), None, None)

    def operand(self, found: Any, other: Any, e: tree.Expr) -> ir.Flow:
        if isinstance(found, Static) and isinstance(other, Value):
            if isinstance(found.value, bool) or not isinstance(found.value, int | float):
                wrong = WrongType(e.span, self.context, "arithmetic", "a number", describe(found))
                raise SpecError(wrong)
            dtype = other.types[0].dtype
            return ir.Scalar(value=found, types=(Tensor(dtype, ()),))
        value = self.tensor(found, e)
        if len(value.types) != 1:
            raise SpecError(NotATensor(e.span, self.context, "several tensors"))
        return value.flow

    def since(self, found: Any, e: tree.Expr) -> Label | None:
        """Where a wire with a wrong shape comes from."""
        if isinstance(found, Value) and found.since is not None and found.name:
            return Label(found.since, f"{found.name}: {found.types[0]}, from here")
        return None

    def projection(self, a: Tensor, b: Tensor) -> str:
        """For two images, the layer that would make them fit."""
        if a.rank == b.rank == 3 and a.shape[1] and b.shape[1] and a.shape[1] % b.shape[1] == 0:
            stride = a.shape[1] // b.shape[1]
            at = f", stride={stride}" if stride > 1 else ""
            return f"project the larger one: `x -> Conv2D({int(b.shape[0])}, 1{at})`"
        return ""

    def unary(self, e: tree.Unary, scope: Scope) -> Any:
        found = self.expression(e.operand, scope)
        if isinstance(found, Static):
            return self.compute(e.span, arithmetic.unary, e.op, found)
        value = self.tensor(found, e.operand)
        if e.op != "-":
            raise SpecError(NotInThisVersion(e.span, "`not` of a tensor"))
        cls = ops.lookup("negative")
        assert cls is not None
        op = cls.bind((), {})
        return self.applied(op, {}, (value.flow,), {}, self.frame.site(e), None, None)

    def index(self, e: tree.Index, scope: Scope) -> Any:
        if isinstance(self.expression(e.value, scope), Value):
            raise SpecError(NotInThisVersion(e.span, "indexing of tensors"))
        return super().index(e, scope)

    # -- calls

    def call(self, e: tree.Call, scope: Scope) -> Any:
        if not isinstance(e.callee, tree.Name):
            return super().call(e, scope)
        name = e.callee.id
        entry = scope.find(name)
        if isinstance(entry, Instance):
            return self.call_instance(entry, e, scope)
        cls = ops.lookup(name)
        if name[:1].isupper() or self.table.definition(name) is not None:
            found = self.named_layer(e.callee, e.arguments, e.span, scope)[0]
            return Static(found)
        tensors = self.leading_tensors(e, scope) if cls is not None else []
        if tensors:
            assert cls is not None
            rest = e.arguments[len(tensors) :]
            layer = self.op_layer(cls, rest, e.span, scope)
            flows = tuple(o.flow for t in tensors for o in _outputs(t))
            return self.apply(layer, flows, {}, self.frame, None, e)
        if name in arithmetic.FUNCTIONS:
            return super().call(e, scope)
        if cls is not None:
            return Static(self.op_layer(cls, e.arguments, e.span, scope))
        known = (*arithmetic.FUNCTIONS, *ops.names())
        raise SpecError(UnknownName(e.callee.span, name, "function", nearest(name, known)))

    def leading_tensors(self, e: tree.Call, scope: Scope) -> list[Value]:
        found: list[Value] = []
        for a in e.arguments:
            if a.name is not None:
                break
            try:
                value = self.expression(a.value, scope, words=True)
            except SpecError:
                if found:
                    break
                raise
            if not isinstance(value, Value):
                break
            found.append(value)
        return found

    def call_instance(self, instance: Instance, e: tree.Call, scope: Scope) -> Value:
        """`net(x, t=t)`: an instance that `let` named, on tensors."""
        items: list[Value] = []
        named: dict[str, Value] = {}
        for a in e.arguments:
            value = self.tensor(self.expression(a.value, scope), a.value)
            if a.name is None:
                items.extend(_outputs(value))
            else:
                named[a.name.id] = value
        flows = tuple(v.flow for v in items)
        inner = {n: v.flow for n, v in named.items()}
        return self.apply(instance, flows, inner, self.frame, None, e)

    # -- chains

    def through(
        self,
        arriving: Value | Bundle,
        stages: Iterable[tree.Stage],
        frame: Frame,
        scope: Scope,
    ) -> Value:
        """What arrives, sent through the stages of a chain."""
        items = _outputs(arriving) if isinstance(arriving, Value) else arriving.items
        named = dict(arriving.named) if isinstance(arriving, Bundle) else {}
        value: Value | None = arriving if isinstance(arriving, Value) else None
        for stage in stages:
            flows = tuple(v.flow for v in items)
            value = self.stage(stage, flows, {n: v.flow for n, v in named.items()}, frame, scope)
            items, named = _outputs(value), {}
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
            self.spend(1, stage.span)  # type: ignore[attr-defined]
            arriving = tuple(ir.Carry(index=i, types=(t,)) for i, t in enumerate(carried))
            made = self.apply(layer, arriving, named, frame, factory, stage.layer)
            bodies.append(made.flow)
            carried = made.types
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

    # -- application

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
        op: ops.Op,
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
        op: ops.Op,
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
        self, op: ops.Op, problem: Problem, inputs: tuple[ir.Flow, ...], span: Span
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


def _outputs(value: Value) -> tuple[Value, ...]:
    """A value with several outputs as so many values."""
    if len(value.types) == 1:
        return (value,)
    return tuple(
        Value(ir.Select(index=i, value=value.flow, types=(t,))) for i, t in enumerate(value.types)
    )


def _operands(e: tree.Binary) -> Span:
    return e.left.span.to(e.right.span)
