"""Expressions over tensors: chains, repeats, arithmetic."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from dlspec import ops
from dlspec.diagnostics import Label, SpecError, nearest
from dlspec.diagnostics.names import UnknownName, UsedBefore
from dlspec.diagnostics.shapes import (
    NotATensor,
    ShapesDoNotCombine,
)
from dlspec.diagnostics.uses import Misplaced, NotALayer, NotInThisVersion
from dlspec.diagnostics.values import WrongType
from dlspec.elaborate import arithmetic, lists, operands, wires
from dlspec.elaborate.applying import outputs
from dlspec.elaborate.evaluate import SETTLED
from dlspec.elaborate.indexing import Indexer
from dlspec.elaborate.known import known
from dlspec.elaborate.lists import holds_tensors, unwrapped
from dlspec.elaborate.operators import OF_EXAMPLES
from dlspec.elaborate.values import (
    Bundle,
    Entry,
    Instance,
    Layer,
    Scope,
    Value,
    describe,
)
from dlspec.expr import Ref, Static, fixed
from dlspec.ir import model as ir
from dlspec.ops.base import Op
from dlspec.ops.batch_size import SIZE
from dlspec.ops.drawing import OfExamples
from dlspec.source import Span
from dlspec.syntax import tree
from dlspec.tensor import Tensor


class TensorEvaluator(Indexer):
    """Evaluates expressions that may make tensors, within a frame."""

    # -- expressions

    def expression(self, e: tree.Expr, scope: Scope, *, words: bool = False) -> Any:
        if isinstance(e, tree.Group) and isinstance(e.value, tree.Chain):
            return self.chain(e.value, scope)
        return super().expression(e, scope, words=words)

    def unbound(self, e: tree.Name, scope: Scope, words: bool) -> Any:
        if e.id == SIZE and self.frame is not None:
            return Static(self.examples(e.span), Ref(SIZE))
        constant = self.file_of(e).constants.get(e.id)
        if constant is not None and self.frame is not None:
            return self.constant_of_file(constant)
        if words or e.id in arithmetic.CONSTANTS:
            return super().unbound(e, scope, words)
        file = self.file_of(e)
        found = file.definition(e.id) or file.function(e.id) or ops.lookup(e.id)
        if found is not None:
            return super().unbound(e, scope, words)
        if e.id == "training":
            hint = "write `a if training else b`"
            raise SpecError(Misplaced(e.span, "`training`", "arithmetic", hint))
        written = wires.defined(self.frame)
        later = written.get(e.id)
        if later is not None and e.span.end <= later.start:
            raise SpecError(UsedBefore(e.span, e.id, later, self.context))
        functions = (*arithmetic.FUNCTIONS, *ops.names(), *self.table.definitions)
        known = (*scope.names(), *written, *functions)
        raise SpecError(UnknownName(e.span, e.id, "name", nearest(e.id, known)))

    def constant_of_file(self, s: tree.Let) -> Value:
        """A tensor that the file names: a wire of the definition that reads it."""
        frame, name = self.frame, s.name.id
        value = self.single(self.expression(s.value, self.scope_of(s)), s.value)
        if not value.types[0].common:
            hint = "numbers, `linspace`, and what is computed of them"
            raise SpecError(Misplaced(s.value.span, "what belongs to an example", "a file", hint))
        wire = Value(ir.Wire(name=name, types=value.types), s.span, name)
        line = s.span.line
        made = ir.Bind(site=frame.site(s), names=(name,), value=value.flow, line=line)
        frame.ahead.append(made)
        frame.scope.entries[name] = wire
        frame.known[name] = known(value.flow, frame.known)
        return wire

    def is_function(self, name: str) -> bool:
        if name[:1].isupper() or name in operands.SYMBOLS:
            return False
        return ops.lookup(name) is not None

    def conditional(self, e: tree.Conditional, scope: Scope, words: bool) -> Any:
        """`a if training else b`: both are built."""
        test = e.test
        negated = isinstance(test, tree.Unary) and test.op == "not"
        name = test.operand if isinstance(test, tree.Unary) and negated else test
        if not isinstance(name, tree.Name) or name.id != "training" or self.frame is None:
            return super().conditional(e, scope, words)
        if scope.find("training") is not None:
            return super().conditional(e, scope, words)
        written = (e.otherwise, e.then) if negated else (e.then, e.otherwise)
        with self.without_lists():
            found = [self.expression(side, scope, words=words) for side in written]
        if not any(isinstance(v, Value) for v in found):
            what = "`training` between numbers"
            hint = "one of the two is a tensor; a layer such as Dropout follows training by itself"
            raise SpecError(Misplaced(e.span, what, "a spec", hint))
        first, second = found
        flows = (self.operand(first, second, written[0]), self.operand(second, first, written[1]))
        return Value(self.mode(flows, written, e))

    def mode(
        self, flows: tuple[ir.Flow, ir.Flow], written: tuple[tree.Expr, ...], e: tree.Conditional
    ) -> ir.Mode:
        """Two values of one type; a number stands for one of any shape."""
        first, second = (f.types[0] for f in flows)
        numbers = [isinstance(f, ir.Scalar) for f in flows]
        if not any(numbers) and not first.same(second):
            what = "both sides of `if training` have one type"
            a, b = str(first), str(second)
            raise SpecError(ShapesDoNotCombine(e.span, self.context, what, a, "or", b, (), ""))
        kind = second if numbers[0] else first
        common = first.common and second.common if not any(numbers) else kind.common
        made = replace(kind, common=common, image=False)
        if True in numbers and not common:
            at = numbers.index(True)
            filled = self.filled(flows[at], made, written[at])
            flows = (filled, flows[1]) if at == 0 else (flows[0], filled)
        return ir.Mode(site=self.frame.site(e), inputs=flows, types=(made,))

    def filled(self, number: ir.Flow, t: Tensor, e: tree.Expr) -> ir.Flow:
        """A number as a tensor for each example."""
        example = self.example()
        assert isinstance(number, ir.Scalar)
        if example is None or t.dtype != "f32" or not all(map(fixed, t.shape)):
            hint = f"write a tensor of {t}, such as `zeros_like(x)`"
            raise SpecError(NotATensor(e.span, self.context, f"a number beside {t}", hint))
        from dlspec.ops.draws import full  # which few specs need

        op = full(value=number.value.value, shape_=t.shape)
        return self.applied(op, {}, (example,), {}, self.frame.site(e), e.span).flow

    def chain(self, e: tree.Chain, scope: Scope) -> Any:
        head = self.expression(e.head, scope)
        if isinstance(head, Static):
            if isinstance(head.value, lists.Tensors):
                listed = self.as_wire(head.value, e, scope)
                return self.through(Bundle(tuple(listed)), e.stages, self.frame, scope)
            if isinstance(head.value, Layer):
                return Static(self.chained(e, scope))
            head = self.tensor(head, e.head)
        if isinstance(head, Instance):
            raise SpecError(NotALayer(e.head.span, "a layer stands where the chain begins"))
        return self.through(head, e.stages, self.frame, scope)

    def as_wire(self, items: Sequence[Value], e: tree.Expr, scope: Scope) -> Sequence[Value]:
        """A list that is made where it is read, as a wire that holds it."""
        before = self.frame.lists if self.frame is not None else None
        if before is None or not isinstance(items, lists.Tensors) or not lists.is_made(items.flow):
            return items
        names = (f"parts_{n + 1}" if n else "parts" for n in range(len(before), 1000))
        name = next(n for n in names if scope.find(n) is None)
        site, line = self.frame.site(e), e.span.line
        before.append(ir.Bind(site=site, names=(name,), value=items.flow, line=line))
        return lists.named(name, items)

    @contextmanager
    def without_lists(self) -> Iterator[None]:
        """Where a statement cannot have lists before it."""
        frame = self.frame
        before = frame.lists if frame is not None else None
        if frame is not None:
            frame.lists = None
        try:
            yield
        finally:
            if frame is not None:
                frame.lists = before

    def tensor(self, found: Any, e: tree.Expr) -> Value:
        """A value that is a tensor (or several outputs of one layer)."""
        if isinstance(found, Value):
            return found
        return self.positions(found, e)

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
        for item, v in zip(items, found, strict=True):
            self.fixed_size(v, item, f"a {kind}", SETTLED)
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
        site = self.frame.site(e) if self.frame is not None else None
        items, rounds = self.elements(e, scope, site)
        with self.without_lists():
            for entries in rounds:
                self.spend(1, e.span)
                made.append(self.expression(e.body, Scope(scope, entries)))
        if any(isinstance(v, Value) for v in made):
            if any(isinstance(entry, Value) for entry in rounds[0].values()):
                items = self.numbers_beside(e.names, e.iterable, rounds, scope)
            over = None if site is None else lists.over(site, items, rounds)
            return Static(lists.written_out((self.single(v, e.body) for v in made), over))
        for v in made:
            self.weigh(v.value, e.span)
        return Static([v.value for v in made])

    def rounds(
        self, names: tuple[tree.Name, ...], iterable: tree.Expr, scope: Scope, loop: int | None
    ) -> tuple[Static, list[dict[str, Entry]]]:
        """As for numbers; a name may be a tensor too."""
        items, rounds = super().rounds(names, iterable, scope, loop)
        return items, [{n: unwrapped(e) for n, e in entries.items()} for entries in rounds]

    def numbers_beside(
        self,
        names: tuple[tree.Name, ...],
        iterable: tree.Expr,
        rounds: Sequence[dict[str, Entry]],
        scope: Scope,
    ) -> Static:
        """The one list of numbers beside lists of tensors, of `zip(widths, parts)`; None where it
        is written otherwise."""
        nothing = Static(None)
        if not isinstance(iterable, tree.Call) or len(iterable.arguments) != len(names):
            return nothing
        if not isinstance(iterable.callee, tree.Name) or iterable.callee.id != "zip":
            return nothing
        pairs = zip(names, iterable.arguments, strict=True)
        listed = [a.value for n, a in pairs if isinstance(rounds[0][n.id], Static)]
        found = self.value(listed[0], scope) if len(listed) == 1 else nothing
        whole = isinstance(found.value, list | tuple) and len(found.value) == len(rounds)
        return found if whole else nothing

    # -- arithmetic

    def binary(self, e: tree.Binary, scope: Scope) -> Any:
        left = self.expression(e.left, scope)
        if isinstance(left, Static) and e.op in ("and", "or"):
            return self.combined(left, e, scope)
        right = self.expression(e.right, scope)
        if isinstance(left, Static) and isinstance(right, Static):
            if e.op == "+" and (holds_tensors(left.value) or holds_tensors(right.value)):
                return self.join(e, left, right)
            found = self.compute(e.span, arithmetic.binary, e.op, left, right)
            if isinstance(left.value, lists.Tensors) and isinstance(right.value, int):
                return Static(lists.repeated(left.value, right.value))  # `[x] * 3`
            return found
        if e.op not in operands.OPERATORS:
            raise SpecError(NotInThisVersion(e.op_span, f"`{e.op}` between tensors"))
        cls = ops.lookup(operands.OPERATORS[e.op])
        assert cls is not None
        a, b = self.operand(left, right, e.left), self.operand(right, left, e.right)
        op = cls.bind((), {})
        for problem in op.problems(a.types[0], b.types[0]):
            origins = [self.since(v, t) for v, t in ((left, e.left), (right, e.right))]
            raise SpecError(
                ShapesDoNotCombine(
                    _operands(e),
                    self.context,
                    problem.what,
                    str(a.types[0]),
                    e.op,
                    str(b.types[0]),
                    tuple(o for o in origins if o),
                    problem.help,
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
        if operands.is_number(found) and isinstance(other, Value):
            return operands.literal(found, other.types, e, self.context)
        value = self.tensor(found, e)
        if len(value.types) != 1:
            raise SpecError(NotATensor(e.span, self.context, "several tensors"))
        return value.flow

    def since(self, found: Any, e: tree.Expr) -> Label | None:
        """Where a wire with a wrong shape comes from."""
        if isinstance(found, Value) and found.since is not None and found.name:
            return Label(found.since, f"{found.name}: {found.types[0]}, from here")
        return None

    def unary(self, e: tree.Unary, scope: Scope) -> Any:
        found = self.expression(e.operand, scope)
        if isinstance(found, Static):
            return self.compute(e.span, arithmetic.unary, e.op, found)
        value = self.tensor(found, e.operand)
        if len(value.types) != 1:
            raise SpecError(NotATensor(e.operand.span, self.context, "several tensors"))
        cls = ops.lookup(operands.UNARY[e.op])
        assert cls is not None
        op = cls.bind((), {})
        for problem in op.problems(value.types[0]):
            wrong = self.input_problem(op, problem, (value.flow,), e.span)
            raise SpecError(replace(wrong, owner=""))
        return self.applied(op, {}, (value.flow,), {}, self.frame.site(e), e.span)

    # -- parts

    def attribute(self, e: tree.Attribute, scope: Scope) -> Any:
        """What reads as a part of a tensor has another spelling. Raises SpecError."""
        if not isinstance(self.expression(e.value, scope), Value):
            return super().attribute(e, scope)
        name, of = e.name.id, e.value.span.text
        hint = f"write `{name}({of})`" if self.is_function(name) else ""
        if name == "T":
            hint = f"write `transpose({of})`"
        elif name in ("shape", "size", "ndim"):
            hint = "sizes have their names in the type of an input: `input x: f32[T, D]`"
        raise SpecError(Misplaced(e.span, f"`.{name}` of a tensor", "the language", hint))

    # -- calls

    def call(self, e: tree.Call, scope: Scope) -> Any:
        if isinstance(e.callee, tree.Call) and e.arguments:
            x, called = e.arguments[0].value.span.text, e.callee.span.text
            hint = f"a tensor goes through a layer in a chain: `{x} -> {called}`"
            raise SpecError(Misplaced(e.span, "a layer that is called", "an expression", hint))
        if not isinstance(e.callee, tree.Name) or self.function_of(e.callee, scope) is not None:
            return super().call(e, scope)
        name = e.callee.id
        entry = scope.find(name)
        if isinstance(entry, Instance):
            return self.call_instance(entry, e, scope)
        cls = ops.lookup(name)
        if name[:1].isupper() or self.file_of(e).definition(name) is not None:
            return super().call(e, scope)
        if cls is not None and issubclass(cls, OfExamples):
            return self.drawn(cls, e, scope)
        given = self.unnamed(e, scope) if cls is not None else []
        if name == "sum" and len(given) == 1 and operands.listed(given[0][0]):
            return self.total(self.as_wire(given[0][0].value, e.callee, scope), e)
        if cls is not None and (applied := operands.of_call(cls, given, self.context)):
            flows, places = applied
            rest = tuple(a for i, a in enumerate(e.arguments) if i not in places)
            layer = self.op_layer(cls, rest, e.span, scope)
            return self.apply(layer, flows, {}, self.frame, None, e)
        if name in arithmetic.FUNCTIONS:
            numbers = [found for found, _ in given if isinstance(found, Static)]
            if numbers and len(numbers) == len(e.arguments):
                return self.called_on(name, numbers, e.span)
            return super().call(e, scope)
        if cls is not None:
            self.check_first(cls, given)
            layer = self.op_layer(cls, e.arguments, e.span, scope)
            if cls.sees_example:
                return self.apply(layer, (), {}, self.frame, None, e)
            return Static(layer)
        known = (*arithmetic.FUNCTIONS, *self.file_of(e).functions, *ops.names())
        raise SpecError(UnknownName(e.callee.span, name, "function", nearest(name, known)))

    def check_first(self, cls: type[Op], given: Sequence[operands.Operand]) -> None:
        """Where a function has more unnamed arguments than it takes as its own, the first is to be
        a tensor. Raises SpecError."""
        if given and cls.variadic is None and len(given) > len(cls.positional):
            first, at = given[0]
            if isinstance(first, Static):
                raise SpecError(NotATensor(at.span, self.context, describe(first)))

    def drawn(self, cls: type[Op], e: tree.Call, scope: Scope) -> Value:
        """`normal(64)`: numbers for each example. A tensor tells how many there are."""
        layer = self.op_layer(cls, e.arguments, e.span, scope)
        example = self.example()
        if example is not None:
            return self.apply(layer, (example,), {}, self.frame, None, e)
        raise SpecError(Misplaced(e.span, f"`{cls.kind()}` for each example", "this", OF_EXAMPLES))

    def total(self, items: Sequence[Value], e: tree.Call) -> Value:
        """`sum([x, y, z])`."""
        made, *rest = items
        cls = ops.lookup("add")
        assert cls is not None
        op = cls.bind((), {})
        for other in rest:
            for problem in op.problems(made.types[0], other.types[0]):
                a, b = str(made.types[0]), str(other.types[0])
                what, context = problem.what, self.context
                wrong = ShapesDoNotCombine(e.span, context, what, a, "+", b, (), problem.help)
                raise SpecError(wrong)
            flows = (made.flow, other.flow)
            made = self.applied(op, {}, flows, {}, self.frame.site(e), e.span)
        return made

    def unnamed(self, e: tree.Call, scope: Scope) -> list[operands.Operand]:
        """What the unnamed arguments of a function stand for."""
        given: list[operands.Operand] = []
        for a in e.arguments:
            if a.name is not None:
                break
            try:
                found = self.expression(a.value, scope, words=True)
                lists = e.callee.span.text in arithmetic.FUNCTIONS
                given.append((found if lists else self.ranged(found, a.value), a.value))
            except SpecError:
                if not given:
                    raise
                break  # an argument of another kind says itself what it lacks
        return given

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
