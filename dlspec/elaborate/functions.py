"""Functions of the spec: `fn` of numbers, which are evaluated at compile time."""

from __future__ import annotations

from typing import Any

from dlspec.diagnostics import SpecError
from dlspec.diagnostics.names import Misplaced, NoOutput, NotInThisVersion, Recursion
from dlspec.diagnostics.values import BadArithmetic, ConditionFailed
from dlspec.elaborate.evaluate import Skip
from dlspec.elaborate.layers import LayerEvaluator
from dlspec.elaborate.values import Broken, Scope, text
from dlspec.expr import Static
from dlspec.source import Span
from dlspec.syntax import tree
from dlspec.tensor import DTYPES


class FunctionEvaluator(LayerEvaluator):
    """Evaluates expressions that may call a `fn`."""

    def __init__(self, table: Any, overrides: Any) -> None:
        super().__init__(table, overrides)
        self.calling: list[str] = []
        """The functions that are being evaluated, outermost first."""
        self.use_span: Span | None = None
        """The use that is being elaborated, for errors that blame it."""

    def call(self, e: tree.Call, scope: Scope) -> Any:
        if isinstance(e.callee, tree.Name):
            if isinstance(scope.find(e.callee.id), Broken):
                raise Skip
            fn = self.file_of(e).functions.get(e.callee.id)
            if fn is not None:
                return self.call_fn(fn, e, scope)
        return super().call(e, scope)

    def call_fn(self, fn: tree.Fn, e: tree.Call, scope: Scope) -> Static:
        """A `fn` of numbers, which is evaluated now."""
        for p in fn.parameters:
            if p.type.name.id in DTYPES:
                raise SpecError(NotInThisVersion(e.span, "a `fn` of tensors"))
        name = fn.name.id
        if name in self.calling:
            cycle = (*self.calling[self.calling.index(name) :], name)
            raise SpecError(Recursion(e.span, cycle))
        values = self.arguments_of(fn, e.arguments, e.span, scope)
        given = ", ".join(f"{n}={text(v.value)}" for n, v in values.items())
        before = self.context, self.use_span
        self.context = (f"in {name}({given}), used at {e.span}", *self.context)
        self.use_span = e.span
        self.calling.append(name)
        try:
            self.spend(1, e.span)
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
        if fn.returns is not None:
            found = self.convert(found, fn.returns, at, "output")
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
                    for entries in self.rounds(s.names, s.iterable, scope, None)[1]:
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
