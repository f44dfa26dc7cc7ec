"""Expressions over tensors: chains, repeats, arithmetic."""

from __future__ import annotations

from typing import Any

from dlspec import ops
from dlspec.diagnostics import Label, SpecError, nearest
from dlspec.diagnostics.names import NotALayer, NotInThisVersion, UnknownName
from dlspec.diagnostics.shapes import (
    NotATensor,
    ShapesDoNotCombine,
)
from dlspec.diagnostics.values import WrongType
from dlspec.elaborate import arithmetic, lists
from dlspec.elaborate.applying import outputs
from dlspec.elaborate.indexing import Indexer
from dlspec.elaborate.lists import holds_tensors, unwrapped
from dlspec.elaborate.values import (
    Broken,
    Bundle,
    Entry,
    Instance,
    Layer,
    Scope,
    Value,
    describe,
)
from dlspec.expr import Static
from dlspec.ir import model as ir
from dlspec.source import Span
from dlspec.syntax import tree
from dlspec.tensor import FLOATS, Tensor

OPERATORS = {
    "+": ("add", "add"),
    "-": ("subtract", "subtract"),
    "*": ("multiply", "multiply"),
    "/": ("divide", "divide"),
    "**": ("power", "combine"),
}
"""Operator -> the op of the language, and the verb of its error."""


class TensorEvaluator(Indexer):
    """Evaluates expressions that may make tensors, within a frame."""

    # -- expressions

    def expression(self, e: tree.Expr, scope: Scope, *, words: bool = False) -> Any:
        if isinstance(e, tree.Group) and isinstance(e.value, tree.Chain):
            return self.chain(e.value, scope)
        return super().expression(e, scope, words=words)

    def unbound(self, e: tree.Name, scope: Scope, words: bool) -> Any:
        if words:
            return super().unbound(e, scope, words)
        if self.file_of(e).definition(e.id) is not None or ops.lookup(e.id) is not None:
            return super().unbound(e, scope, words)
        if e.id in ops.LATER or e.id == "training":
            raise SpecError(NotInThisVersion(e.span, f"`{e.id}`"))
        known = (*scope.names(), *arithmetic.FUNCTIONS, *ops.names(), *self.table.definitions)
        raise SpecError(UnknownName(e.span, e.id, "name", nearest(e.id, known)))

    def is_function(self, name: str) -> bool:
        return not name[:1].isupper() and ops.lookup(name) is not None

    def chain(self, e: tree.Chain, scope: Scope) -> Any:
        head = self.expression(e.head, scope)
        if isinstance(head, Static):
            if isinstance(head.value, lists.Tensors):
                return self.through(Bundle(tuple(head.value)), e.stages, self.frame, scope)
            if isinstance(head.value, Layer):
                return Static(self.chained(e, scope))
            raise SpecError(NotATensor(e.head.span, self.context, describe(head)))
        if isinstance(head, Instance):
            raise SpecError(NotALayer(e.head.span, "a layer stands where the chain begins"))
        return self.through(head, e.stages, self.frame, scope)

    def tensor(self, found: Any, e: tree.Expr) -> Value:
        """A value that is a tensor (or several outputs of one layer)."""
        if isinstance(found, Value):
            return found
        raise SpecError(NotATensor(e.span, self.context, describe(found)))

    def parenthesised(self, e: tree.Tuple, scope: Scope, words: bool) -> Any:
        found = [(a, self.expression(a.value, scope, words=words)) for a in e.items]
        if not any(isinstance(v, Value) for _, v in found):
            return super().parenthesised(e, scope, words)
        items: list[Value] = []
        named: dict[str, Value] = {}
        for a, v in found:
            value = self.tensor(v, a.value)
            if a.name is None:
                items.extend(outputs(value))
            else:
                named[a.name.id] = value
        return Bundle(tuple(items), named)

    def sequence(self, kind: str, items: tuple[tree.Expr, ...], scope: Scope, words: bool) -> Any:
        found = [self.expression(i, scope, words=words) for i in items]
        for item, value in zip(items, found, strict=True):
            if isinstance(value, Instance):
                what = "a `let` instance cannot be passed as a layer"
                raise SpecError(NotALayer(item.span, what))
        tensors = [v for v in found if isinstance(v, Value | Bundle)]
        if tensors:
            made = [self.single(v, i) for i, v in zip(items, found, strict=True)]
            return Static(lists.written_out(made))
        made = [v.value for v in found]
        origin = arithmetic.term(kind, *found)
        return Static(made if kind == "list" else tuple(made), origin)

    def single(self, found: Any, e: tree.Expr) -> Value:
        """A value that is one tensor, as an element of a list must be."""
        value = self.tensor(found, e)
        if len(value.types) != 1:
            raise SpecError(NotATensor(e.span, self.context, "several tensors"))
        return value

    def comprehension(self, e: tree.Comprehension, scope: Scope) -> Static:
        made = []
        for entries in self.rounds(e.names, e.iterable, scope, loop=None)[1]:
            self.spend(1, e.span)
            made.append(self.expression(e.body, Scope(scope, entries)))
        if any(isinstance(v, Value) for v in made):
            return Static(lists.written_out(self.single(v, e.body) for v in made))
        for v in made:
            self.weigh(v.value, e.span)
        return Static([v.value for v in made])

    def rounds(
        self, names: tuple[tree.Name, ...], iterable: tree.Expr, scope: Scope, loop: int | None
    ) -> tuple[Static, list[dict[str, Entry]]]:
        """As for numbers; a name may be a tensor too."""
        items, rounds = super().rounds(names, iterable, scope, loop)
        return items, [{n: unwrapped(e) for n, e in entries.items()} for entries in rounds]

    # -- arithmetic

    def binary(self, e: tree.Binary, scope: Scope) -> Any:
        left = self.expression(e.left, scope)
        if isinstance(left, Static) and e.op in ("and", "or"):
            return super().binary(e, scope)
        right = self.expression(e.right, scope)
        if isinstance(left, Static) and isinstance(right, Static):
            if e.op == "+" and (holds_tensors(left.value) or holds_tensors(right.value)):
                return self.join(e, left, right)
            found = self.compute(e.span, arithmetic.binary, e.op, left, right)
            if isinstance(left.value, lists.Tensors) and isinstance(right.value, int):
                return Static(lists.repeated(left.value, right.value))  # `[x] * 3`
            return found
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
        return self.applied(op, {}, (a, b), {}, self.frame.site(e), e.span)

    def join(self, e: tree.Binary, left: Static, right: Static) -> Static:
        """`skips + [x]`."""
        both = isinstance(left.value, list) and isinstance(right.value, list)
        made = lists.joined(left.value, right.value) if both else None
        if made is None:
            other = right if isinstance(left.value, lists.Tensors) else left
            expected = "a list of tensors on both sides"
            raise SpecError(WrongType(e.span, self.context, "+", expected, describe(other)))
        self.weigh(made, e.span)
        return Static(made)

    def operand(self, found: Any, other: Any, e: tree.Expr) -> ir.Flow:
        if isinstance(found, Static) and isinstance(other, Value):
            if isinstance(found.value, bool) or not isinstance(found.value, int | float):
                wrong = WrongType(e.span, self.context, "arithmetic", "a number", describe(found))
                raise SpecError(wrong)
            dtype = other.types[0].dtype
            if dtype not in FLOATS and not isinstance(found.value, int):
                expected = f"a whole number beside {other.types[0]}"
                wrong = WrongType(e.span, self.context, "arithmetic", expected, describe(found))
                raise SpecError(wrong)
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
        return self.applied(op, {}, (value.flow,), {}, self.frame.site(e), e.span)

    # -- calls

    def call(self, e: tree.Call, scope: Scope) -> Any:
        if not isinstance(e.callee, tree.Name):
            return super().call(e, scope)
        name = e.callee.id
        entry = scope.find(name)
        if isinstance(entry, Instance):
            return self.call_instance(entry, e, scope)
        if isinstance(entry, Broken) or (entry is None and name in self.file_of(e).functions):
            return super().call(e, scope)
        cls = ops.lookup(name)
        if name[:1].isupper() or self.file_of(e).definition(name) is not None:
            return super().call(e, scope)
        tensors = self.leading_tensors(e, scope) if cls is not None else []
        if tensors:
            assert cls is not None
            rest = e.arguments[len(tensors) :]
            layer = self.op_layer(cls, rest, e.span, scope)
            flows = tuple(o.flow for t in tensors for o in outputs(t))
            return self.apply(layer, flows, {}, self.frame, None, e)
        if name in arithmetic.FUNCTIONS:
            total = self.total(e, scope) if name == "sum" else None
            return total or super().call(e, scope)
        if cls is not None:
            return Static(self.op_layer(cls, e.arguments, e.span, scope))
        if name in ops.LATER:
            raise SpecError(NotInThisVersion(e.callee.span, f"`{name}`"))
        known = (*arithmetic.FUNCTIONS, *self.file_of(e).functions, *ops.names())
        raise SpecError(UnknownName(e.callee.span, name, "function", nearest(name, known)))

    def total(self, e: tree.Call, scope: Scope) -> Value | None:
        """`sum([x, y, z])` of tensors; None where it is of numbers."""
        if len(e.arguments) != 1 or e.arguments[0].name is not None:
            return None
        found = self.expression(e.arguments[0].value, scope)
        summed = isinstance(found, Static) and isinstance(found.value, lists.Tensors)
        if not summed or not found.value:
            return None
        made, *rest = found.value
        cls = ops.lookup("add")
        assert cls is not None
        op = cls.bind((), {})
        for other in rest:
            for problem in op.problems(made.types[0], other.types[0]):
                a, b = str(made.types[0]), str(other.types[0])
                wrong = ShapesDoNotCombine(e.span, self.context, "add", a, "+", b, (), problem.help)
                raise SpecError(wrong)
            flows = (made.flow, other.flow)
            made = self.applied(op, {}, flows, {}, self.frame.site(e), e.span)
        return made

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
                items.extend(outputs(value))
            else:
                named[a.name.id] = value
        flows = tuple(v.flow for v in items)
        inner = {n: v.flow for n, v in named.items()}
        return self.apply(instance, flows, inner, self.frame, None, e)


def _operands(e: tree.Binary) -> Span:
    return e.left.span.to(e.right.span)
