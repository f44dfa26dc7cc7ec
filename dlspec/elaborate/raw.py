"""`let w = Parameter(f32[dim], init=ones)`, `let m = Buffer([0.5, 0.25])`: weights and constants
that no layer holds."""

from __future__ import annotations

from typing import Any

from dlspec import ops
from dlspec.diagnostics import SpecError
from dlspec.diagnostics.uses import Misplaced
from dlspec.diagnostics.values import BadValue, WrongType
from dlspec.elaborate.configured import configure
from dlspec.elaborate.frame import Frame
from dlspec.elaborate.inputs import TypeReader
from dlspec.elaborate.typed import sized
from dlspec.elaborate.values import OpLayer, Scope, Value, describe
from dlspec.expr import Size, Static
from dlspec.ir import model as ir
from dlspec.ops.base import Op
from dlspec.ops.raw import Parameter, Raw, array, array_or_numbers
from dlspec.ops.tied import Transposed
from dlspec.source import Span
from dlspec.syntax import tree
from dlspec.tensor import DTYPES, Tensor

TYPE = "a type: `f32[dim]`"


def is_raw(entry: Any) -> bool:
    """Whether a name stands for a weight or constant of the block's own. A wire is its own flow."""
    flow = entry.flow if isinstance(entry, Value) else None
    return isinstance(flow, ir.Apply) and isinstance(flow.op, Raw)


class RawWeights(TypeReader):
    """Evaluates the weights and constants that `let` names."""

    def raw(self, e: tree.Expr) -> tree.Call | None:
        """The call of `Parameter` or `Buffer` that an expression is."""
        match e:
            case tree.Call(callee=tree.Name(id=name) as callee) if (
                self.file_of(callee).definition(name) is None
            ):
                cls = ops.lookup(name)
                return e if cls is not None and issubclass(cls, Raw) else None
        return None

    def raw_weight(self, e: tree.Call, s: tree.Let, frame: Frame, scope: Scope) -> Value:
        """The tensor. Every use of its name reads the same."""
        assert isinstance(e.callee, tree.Name)
        cls = ops.lookup(e.callee.id)
        assert cls is not None

        def evaluate(name: str, argument: tree.Expr) -> Static:
            if name == cls.positional[0]:
                return self.checked(self.array(argument, scope, cls is Parameter), argument, cls)
            found = self.argument(cls, name, argument, scope)
            return Static(sized(found), found.origin)

        done = configure(e, cls, evaluate, self.context)
        frame.idle[s.name.id] = s
        module = (frame.names.lets[id(s)],)
        return self.applied(done.made, {}, (), {}, frame.site(s), e.span, module)

    def array(self, e: tree.Expr, scope: Scope, typed: bool) -> Static:
        """`f32[1, dim]`, or numbers where they are allowed (`typed` is false)."""
        match e:
            case tree.Index(value=tree.Name(id=dtype), subscripts=dims) if (
                dtype in DTYPES and scope.find(dtype) is None
            ):
                sizes = tuple(self.extent(d, scope) for d in dims)
                return Static(Tensor(dtype, sizes))  # type: ignore[arg-type]
        found = self.value(e, scope)
        if typed or not isinstance(found.value, bool | int | float | list | tuple):
            wanted = TYPE if typed else f"numbers, or {TYPE}"
            kind = "Parameter" if typed else "Buffer"
            raise SpecError(WrongType(e.span, self.context, kind, wanted, describe(found)))
        return found

    def checked(self, found: Static, e: tree.Expr, cls: type[Op]) -> Static:
        """The type or numbers of a `Parameter` or `Buffer`, which say what is wrong with them."""
        try:
            return Static(array(found.value) if cls is Parameter else array_or_numbers(found.value))
        except ValueError as problem:
            kind = cls.kind()
            raise SpecError(BadValue(e.span, self.context, kind, str(problem))) from None

    def extent(self, e: tree.Expr | tree.Slice | tree.Rest, scope: Scope) -> int:
        """A size of the array."""
        if isinstance(e, tree.Slice | tree.Rest):
            raise SpecError(WrongType(e.span, self.context, "[ ]", "sizes", "no size"))
        hint = "`x[:n]` takes the first places of a weight, for a dynamic n"
        found = self.fixed_size(self.value(e, scope), e, "a weight or constant", hint)
        n = found.value
        if isinstance(n, float) and n.is_integer():
            n = int(n)
        if isinstance(n, bool) or not isinstance(n, int) or n < 1:
            expected = "an integer of at least 1"
            wrong = WrongType(e.span, self.context, e.span.text, expected, describe(found))
            raise SpecError(wrong)
        return Size(n, found.origin)

    def name(self, e: tree.Name, scope: Scope, words: bool) -> Any:
        found = super().name(e, scope, words)
        if is_raw(found):
            self.frame.idle.pop(e.id, None)
        return found

    def op_layer(
        self, cls: type[Op], arguments: tuple[tree.Argument, ...], span: Span, scope: Scope
    ) -> OpLayer:
        kind = cls.kind()
        if issubclass(cls, Raw):
            hint = f"name it first: `let w = {kind}(...)`"
            raise SpecError(Misplaced(span, f"`{kind}`", "an expression", hint))
        if issubclass(cls, Transposed):
            hint = "write `words.transposed`, where `let words = Embedding(...)`"
            raise SpecError(Misplaced(span, f"`{kind}`", "an expression", hint))
        if kind in ops.of_objectives():
            what = f"`{kind}`"
            hint = f"only the loss of a `train` block takes derivatives: `{kind}(D(mixed), mixed)`"
            raise SpecError(Misplaced(span, what, "a model, a block, a `fn` or a chain", hint))
        return super().op_layer(cls, arguments, span, scope)
