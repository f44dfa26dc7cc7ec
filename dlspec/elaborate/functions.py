"""Functions of the spec: which `fn` a name is, and what one of numbers gives at compile time."""

from __future__ import annotations

from typing import Any

from dlspec.diagnostics import SpecError
from dlspec.diagnostics.uses import Misplaced, NoOutput, NotALayer, Recursion
from dlspec.diagnostics.values import BadArithmetic, ConditionFailed, WrongType
from dlspec.elaborate import ahead
from dlspec.elaborate.bounds import MOST_CALLS, Exhausted, too_many
from dlspec.elaborate.evaluate import Skip
from dlspec.elaborate.layers import LayerEvaluator
from dlspec.elaborate.signatures import of_tensors
from dlspec.elaborate.values import Broken, FnLayer, Given, Instance, Layer, Scope, text
from dlspec.expr import Static
from dlspec.source import Span
from dlspec.syntax import tree


class FunctionEvaluator(LayerEvaluator):
    """Evaluates expressions that may call a `fn`."""

    def __init__(self, table: Any, overrides: Any) -> None:
        super().__init__(table, overrides)
        self.calling: list[tree.Fn] = []
        """The functions that are being evaluated, outermost first."""
        self.calls = 0
        """How many functions of numbers were evaluated."""
        self.use_span: Span | None = None
        """The use that is being elaborated, for errors that blame it."""

    def function_of(self, callee: tree.Expr, scope: Scope) -> tree.Fn | None:
        """The `fn` that an expression names: `half`, `sizes.half`."""
        match callee:
            case tree.Name(id=name):
                entry = scope.find(name)
            case tree.Attribute(value=tree.Name(id=first), name=last):
                entry, name = scope.find(first), f"{first}.{last.id}"
            case _:
                return None
        if isinstance(entry, Broken):
            raise Skip
        return self.file_of(callee).function(name) if entry is None else None

    def unbound(self, e: tree.Name, scope: Scope, words: bool) -> Any:
        fn = self.function_of(e, scope) if not words else None
        if fn is None:
            return super().unbound(e, scope, words)
        if of_tensors(fn):
            return Static(FnLayer(fn, (), e.span))
        what = f"`{e.id}` is a function of numbers"
        raise SpecError(BadArithmetic(e.span, self.context, what, f"call it: `{e.id}(...)`"))

    def call(self, e: tree.Call, scope: Scope) -> Any:
        fn = self.function_of(e.callee, scope)
        if fn is None:
            return super().call(e, scope)
        if of_tensors(fn):
            return self.apply_fn(fn, self.given(e.arguments, scope), e)
        return self.call_fn(fn, e, scope)

    def layer(self, e: tree.Expr, scope: Scope) -> tuple[Layer | Instance, str | None]:
        callee, arguments = (e.callee, e.arguments) if isinstance(e, tree.Call) else (e, ())
        fn = self.function_of(callee, scope)
        if fn is None:
            return super().layer(e, scope)
        if not of_tensors(fn):
            hint = "in a chain stand functions of tensors: `fn f(x: f32[...]) = ...`"
            raise SpecError(NotALayer(e.span, f"`{fn.name.id}` is a function of numbers", hint))
        return FnLayer(fn, self.given(arguments, scope), e.span), None

    # -- of tensors

    def given(self, arguments: tuple[tree.Argument, ...], scope: Scope) -> tuple[Given, ...]:
        """The arguments of a function, evaluated where they are written."""
        found = ((a, self.expression(a.value, scope)) for a in arguments)
        return tuple(Given(a.span, a.name, value, a.value) for a, value in found)

    def apply_fn(self, fn: tree.Fn, given: tuple[Given, ...], node: tree.Node) -> Any:
        """A `fn` of tensors on its arguments. Only models have tensors."""
        what = "a function of tensors"
        raise SpecError(WrongType(node.span, self.context, node.span.text, "a value", what))

    def check_recursion(self, fn: tree.Fn, span: Span) -> None:
        """Whether a function is in use already. Raises SpecError."""
        at = next((i for i, other in enumerate(self.calling) if other is fn), None)
        if at is not None:
            cycle = tuple(other.name.id for other in (*self.calling[at:], fn))
            raise SpecError(Recursion(span, cycle))

    # -- of numbers

    def call_fn(self, fn: tree.Fn, e: tree.Call, scope: Scope) -> Static:
        """A `fn` of numbers, which is evaluated now."""
        self.check_recursion(fn, e.span)
        self.calls += 1
        if self.calls > MOST_CALLS:
            what = f"this model calls functions of numbers at least {self.calls:,} times"
            raise Exhausted(*too_many(e.span, (), what, MOST_CALLS).diagnostics)
        name = fn.name.id
        values = self.arguments_of(fn, e.arguments, e.span, scope)
        given = ", ".join(f"{n}={text(v.value)}" for n, v in values.items())
        before = self.context, self.use_span
        self.context = (f"in {name}({given}), used at {e.span}", *self.context)
        self.use_span = e.span
        self.calling.append(fn)
        try:
            return self.result(fn, Scope(Scope(self.scope_of(fn), dict(values))))
        finally:
            self.calling.pop()
            self.context, self.use_span = before

    def result(self, fn: tree.Fn, scope: Scope) -> Static:
        """What a function gives for the parameters in its scope. It has no origin that a
        program could print."""
        if not isinstance(fn.body, tree.Body):
            found, at = self.value(fn.body, scope), fn.body.span
        else:
            made = self.execute(fn.body, scope, scope)
            if made is None:
                raise SpecError(NoOutput(fn.name.span, "fn", fn.name.id))
            found, at = made
        for declared in fn.returns:
            found = self.convert(found, declared, at, "output")
        return Static(found.value)

    def execute(self, body: tree.Body, names: Scope, scope: Scope) -> tuple[Static, Span] | None:
        """The statements of a function in order, up to its output. `names` is where it writes."""
        for s in body.statements:
            match s:
                case tree.Assign():
                    self.let_be(s, names, scope)
                case tree.If():
                    for test, branch in s.branches:
                        if self.truth(test, scope, "if").value:
                            taken: tree.Body | None = branch
                            break
                    else:
                        taken = s.otherwise
                    made = self.execute(taken, names, scope) if taken is not None else None
                    if made is not None:
                        return made
                case tree.For():
                    rounds = self.rounds(s.names, s.iterable, scope, None)[1]
                    self.look_ahead_of(s, len(rounds), scope)
                    for entries in rounds:
                        self.spend(1, s.iterable.span)
                        made = self.execute(s.body, names, Scope(scope, entries))
                        if made is not None:
                            return made
                case tree.Output(value=value) if value is not None:
                    return self.value(value, scope), value.span
                case tree.Bare():
                    self.bare(s, scope)
                case tree.Broken():
                    raise Skip
                case _:
                    hint = "a `fn` has wires, `if`, `for`, `require` and one `output`"
                    raise SpecError(Misplaced(s.span, "this statement", "a fn", hint))
        return None

    def look_ahead_of(self, s: tree.For, rounds: int, scope: Scope) -> None:
        """Whether the budget has as many steps as a loop and those in it take."""

        def fits(least: ahead.Least) -> bool:
            return least.rounds + least.elements <= self.budget

        found = ahead.loop(s, rounds, lambda e: self.length(e, scope), fits)
        if found is not None:
            self.check_budget(found.least.rounds + found.least.elements, found.span)

    def let_be(self, s: tree.Assign, names: Scope, scope: Scope) -> None:
        found = self.value(s.value, scope)
        items = [found.value]
        if len(s.names) > 1:
            items = list(found.value) if isinstance(found.value, list | tuple) else items
            if len(items) != len(s.names):
                what = f"{len(s.names)} names for {text(found.value)}"
                raise SpecError(BadArithmetic(s.span, self.context, what))
        for name, item in zip(s.names, items, strict=True):
            names.entries[name.id] = Static(item)

    def bare(self, s: tree.Bare, scope: Scope) -> None:
        """`require(condition, "message")`."""
        e = s.value
        match e:
            case tree.Call(callee=tree.Name(id="require"), arguments=(first, *rest)):
                if self.truth(first.value, scope, "require").value:
                    return
                message = f"`{first.value.span.text}` does not hold"
                if rest:
                    message = str(self.value(rest[0].value, scope).value)
                raise SpecError(ConditionFailed(self.use_span or e.span, self.context, message))
        hint = "give it a name: `y = ...`, or say `output ...`"
        raise SpecError(Misplaced(s.span, "a value that nothing uses", "a body", hint))
