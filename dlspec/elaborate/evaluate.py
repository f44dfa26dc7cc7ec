"""Expressions whose value is known at compile time."""

from __future__ import annotations

from typing import Any

from dlspec.diagnostics import Diagnostic, SpecError, nearest
from dlspec.diagnostics.expressions import PercentIsUnit
from dlspec.diagnostics.lengths import FixedSizeNeeded
from dlspec.diagnostics.names import UnknownName
from dlspec.diagnostics.shapes import TensorAsValue
from dlspec.diagnostics.uses import NotInThisVersion
from dlspec.diagnostics.values import BadArithmetic, TooLarge, WrongType
from dlspec.elaborate import ahead, arithmetic
from dlspec.elaborate.arithmetic import ArithmeticProblem, NotFixed
from dlspec.elaborate.bounds import MOST_ELEMENTS, too_many
from dlspec.elaborate.positions import Evenly, steps
from dlspec.elaborate.values import (
    BlockLayer,
    Broken,
    Bundle,
    ChainLayer,
    Entry,
    NotTaken,
    OpLayer,
    Scope,
    Value,
    describe,
    text,
)
from dlspec.expr import Const, Expr, Ref, Static, constant, fixed
from dlspec.source import Span
from dlspec.syntax import tree
from dlspec.units import Quantity

ONE_BY_ONE = (
    "a loop runs as often in every batch; what goes from place to place is a block with a `state`, "
    "which `x -> Scan(Cell())` applies to each"
)
SETTLED = "it is made before the model runs; types and `Reshape(T, 3)` take sizes as they are"


class Skip(Exception):
    """Something depends on what is broken already: there is nothing more to say."""


class Evaluator:
    """Evaluates arithmetic, conditions and lists. Models extend it by layers and tensors."""

    def __init__(self) -> None:
        self.context: tuple[str, ...] = ()
        """Where in the tree of uses an error stands, innermost first."""
        self.budget = MOST_ELEMENTS

    # -- values

    def value(self, e: tree.Expr, scope: Scope, *, words: bool = False) -> Static:
        """The value of an expression. Raises SpecError where it has none.

        `words`: a name that nothing defines stands for itself, as in `padding=same`.
        """
        found = self.expression(e, scope, words=words)
        if isinstance(found, Static):
            return found
        if isinstance(found, Value):
            raise SpecError(TensorAsValue(e.span, self.context, str(found.types[0])))
        raise SpecError(WrongType(e.span, self.context, e.span.text, "a value", describe(found)))

    def expression(self, e: tree.Expr, scope: Scope, *, words: bool = False) -> Any:
        match e:
            case tree.Number(value=value):
                if isinstance(value, int) and value > arithmetic.LARGEST:
                    raise SpecError(
                        TooLarge(e.span, self.context, "a whole number beyond 2 ** 63 - 1", "")
                    )
                return constant(value)
            case tree.Literal(value=value):
                return constant(value)
            case tree.Quantity():
                return Static(Quantity(e.value, e.unit.id))
            case tree.Name():
                return self.name(e, scope, words)
            case tree.Group():
                return self.expression(e.value, scope, words=words)
            case tree.Binary():
                return self.binary(e, scope)
            case tree.Unary():
                return self.unary(e, scope)
            case tree.Conditional():
                return self.conditional(e, scope, words)
            case tree.Call():
                return self.call(e, scope)
            case tree.Index():
                return self.index(e, scope)
            case tree.List():
                return self.sequence("list", e.items, scope, words)
            case tree.Tuple():
                return self.parenthesised(e, scope, words)
            case tree.Comprehension():
                return self.comprehension(e, scope)
            case tree.Chain():
                return self.chain(e, scope)
            case tree.Attribute():
                return self.attribute(e, scope)

    def name(self, e: tree.Name, scope: Scope, words: bool) -> Entry:
        found = scope.find(e.id)
        if found is None:
            return self.unbound(e, scope, words)
        if isinstance(found, Broken):
            raise Skip
        if isinstance(found, NotTaken):
            from dlspec.diagnostics.names import OnlyInOtherBranch

            raise SpecError(
                OnlyInOtherBranch(e.span, e.id, found.defined, found.where, self.context)
            )
        return found

    def unbound(self, e: tree.Name, scope: Scope, words: bool) -> Any:
        if e.id in arithmetic.CONSTANTS:
            return constant(arithmetic.CONSTANTS[e.id])
        if words:
            return Static(e.id, Const(e.id))
        known = (*scope.names(), *arithmetic.FUNCTIONS)
        raise SpecError(UnknownName(e.span, e.id, "name", nearest(e.id, known)))

    def binary(self, e: tree.Binary, scope: Scope) -> Any:
        return self.combined(self.value(e.left, scope), e, scope)

    def combined(self, left: Static, e: tree.Binary, scope: Scope) -> Static:
        """What is on the left, with what is on the right."""
        if e.op in ("and", "or") and isinstance(left.value, bool) and left.value is (e.op == "or"):
            return Static(left.value, self.origin_beside(left, e, scope))
        return self.compute(e.span, arithmetic.binary, e.op, left, self.value(e.right, scope))

    def origin_beside(self, left: Static, e: tree.Binary, scope: Scope) -> Expr | None:
        """The origin of `a or b` where a decides: b is part of what was written, but need not
        have a value."""
        try:
            return arithmetic.term(e.op, left, self.value(e.right, scope))
        except (SpecError, Skip):
            return None

    def unary(self, e: tree.Unary, scope: Scope) -> Any:
        return self.compute(e.span, arithmetic.unary, e.op, self.value(e.operand, scope))

    def compute(self, span: Span, operation: Any, *arguments: Any) -> Static:
        for a in arguments:
            for item in a if isinstance(a, list) else (a,):
                if isinstance(item, Static):
                    self.weigh(item.value, span)
        try:
            found: Static = operation(*arguments)
        except NotFixed as problem:
            raise SpecError(
                FixedSizeNeeded(span, self.context, problem.what, str(problem.size), problem.help)
            ) from None
        except ArithmeticProblem as problem:
            kind = TooLarge if problem.limit else BadArithmetic
            raise SpecError(kind(span, self.context, problem.what, problem.help)) from None
        self.weigh(found.value, span)
        return found

    def fixed_size(self, found: Static, e: tree.Expr, what: str, hint: str = "") -> Static:
        """A value that is the same for every batch. Raises SpecError."""
        listed = found.value if isinstance(found.value, list | tuple) else (found.value,)
        for size in listed:
            if not fixed(size):
                raise SpecError(FixedSizeNeeded(e.span, self.context, what, str(size), hint))
        return found

    def truth(self, e: tree.Expr, scope: Scope, what: str) -> Static:
        """The value of a condition."""
        found = self.value(e, scope)
        if not isinstance(found.value, bool):
            wrong = WrongType(e.span, self.context, what, "true or false", describe(found))
            raise SpecError(wrong)
        return found

    def conditional(self, e: tree.Conditional, scope: Scope, words: bool) -> Any:
        test = self.truth(e.test, scope, "if")
        chosen, other = (e.then, e.otherwise) if test.value else (e.otherwise, e.then)
        found = self.expression(chosen, scope, words=words)
        if not isinstance(found, Static) or found.origin is None or test.origin is None:
            return Static(found.value) if isinstance(found, Static) else found
        try:
            unchosen = self.expression(other, scope, words=words)
        except SpecError as error:
            if any(isinstance(d, UnknownName) for d in error.diagnostics):
                raise  # a name is missing whatever the condition says
            return Static(found.value)
        except Skip:
            return Static(found.value)
        if not isinstance(unchosen, Static):
            return Static(found.value)
        then, otherwise = (found, unchosen) if test.value else (unchosen, found)
        return Static(found.value, arithmetic.term("if", test, then, otherwise))

    def call(self, e: tree.Call, scope: Scope) -> Any:
        name = e.callee.id if isinstance(e.callee, tree.Name) else None
        if name is None or name not in arithmetic.FUNCTIONS:
            raise SpecError(self.unknown_function(e.callee))
        arguments = []
        for a in e.arguments:
            if a.name is not None:
                what = f"{name} takes no argument `{a.name.id}` here"
                raise SpecError(BadArithmetic(a.span, self.context, what))
            arguments.append(self.value(a.value, scope))
        return self.called_on(name, arguments, e.span)

    def called_on(self, name: str, arguments: list[Static], span: Span) -> Static:
        """A function of numbers and lists; `range` of a dynamic size is positions."""
        if name == "range" and (found := steps(arguments)) is not None:
            return Static(found)
        return self.compute(span, arithmetic.call, name, arguments)

    def unknown_function(self, callee: tree.Expr) -> Diagnostic:
        if isinstance(callee, tree.Quantity) and callee.unit.id == "%":
            return PercentIsUnit(callee.span, callee.text)
        name = callee.span.text
        return UnknownName(callee.span, name, "function", nearest(name, arithmetic.FUNCTIONS))

    def index(self, e: tree.Index, scope: Scope) -> Any:
        return self.element(self.value(e.value, scope), e, scope)

    def element(self, items: Static, e: tree.Index, scope: Scope) -> Static:
        """An element or a part of a list."""
        if not isinstance(items.value, list | tuple):
            what = f"{describe(items)} has no elements"
            raise SpecError(BadArithmetic(e.span, self.context, what))
        if len(e.subscripts) != 1 or isinstance(e.subscripts[0], tree.Rest):
            raise SpecError(BadArithmetic(e.span, self.context, "a list takes one index"))
        at = e.subscripts[0]
        if isinstance(at, tree.Slice):
            bounds = [
                self.value(b, scope).value if b else None for b in (at.start, at.stop, at.step)
            ]
            if any(b is not None and not isinstance(b, int) for b in bounds) or bounds[2] == 0:
                raise SpecError(BadArithmetic(at.span, self.context, "not the bounds of a slice"))
            return Static(items.value[slice(*bounds)])
        i = self.fixed_size(self.value(at, scope), at, "an index of a list")
        if isinstance(i.value, bool) or not isinstance(i.value, int):
            wrong = WrongType(at.span, self.context, "index", "an integer", describe(i))
            raise SpecError(wrong)
        count = len(items.value)
        if not -count <= i.value < count:
            what = f"index {i.value} of a list of {count}"
            hint = f"the indices are 0 to {count - 1}" if count else "the list is empty"
            raise SpecError(BadArithmetic(at.span, self.context, what, hint))
        return Static(items.value[i.value], arithmetic.term("index", items, i))

    def sequence(
        self, kind: str, items: tuple[tree.Expr, ...], scope: Scope, words: bool
    ) -> Static:
        values = [self.value(i, scope, words=words) for i in items]
        made = [v.value for v in values]
        for item, v in zip(items, made, strict=True):
            self.weigh(v, item.span)
            self.fixed_size(Static(v), item, f"a {kind}", SETTLED)
        origin = arithmetic.term(kind, *values)
        return Static(made if kind == "list" else tuple(made), origin)

    def parenthesised(self, e: tree.Tuple, scope: Scope, words: bool) -> Any:
        if any(a.name for a in e.items):
            what = "named values in parentheses are the inputs of a layer"
            raise SpecError(BadArithmetic(e.span, self.context, what, "write `(...) -> Layer`"))
        return self.sequence("tuple", tuple(a.value for a in e.items), scope, words)

    def comprehension(self, e: tree.Comprehension, scope: Scope) -> Static:
        made = []
        for entries in self.elements(e, scope)[1]:
            self.spend(1, e.span)
            item = self.value(e.body, Scope(scope, entries)).value
            self.weigh(item, e.span)
            made.append(item)
        return Static(made)

    def elements(
        self, e: tree.Comprehension, scope: Scope, loop: int | None = None
    ) -> tuple[Static, list[dict[str, Entry]]]:
        """What a list is written over, and the names of each element, where the budget has as
        many."""
        items, rounds = self.rounds(e.names, e.iterable, scope, loop)

        def fits(least: ahead.Least) -> bool:
            return least.elements <= self.budget

        found = ahead.comprehension(e, len(rounds), lambda i: self.length(i, scope), fits)
        if found is not None:
            self.check_budget(found.least.elements, found.span)
        return items, rounds

    def length(self, e: tree.Expr, scope: Scope) -> int:
        """How long a list is, if it is known; 0 for anything else."""
        before = self.budget
        try:
            found = self.value(e, scope).value
        except (SpecError, Skip):
            return 0
        finally:
            self.budget = before
        return len(found) if isinstance(found, list | tuple) else 0

    def weigh(self, value: Any, span: Span) -> None:
        """Spends a step on each element of a list, however deep."""
        if isinstance(value, list | tuple):
            self.spend(arithmetic.elements(value, self.budget + 1), span)

    def spend(self, steps: int, span: Span) -> None:
        """Takes steps of the budget. Raises SpecError where it is spent."""
        self.check_budget(steps, span)
        self.budget -= steps

    def check_budget(self, steps: int, span: Span) -> None:
        """Raises SpecError where the budget has not so many steps left."""
        if steps > self.budget:
            total = MOST_ELEMENTS - self.budget + steps
            what = f"the lists of this model have at least {total:,} elements, all together"
            raise too_many(span, self.context, what, MOST_ELEMENTS)

    def rounds(
        self, names: tuple[tree.Name, ...], iterable: tree.Expr, scope: Scope, loop: int | None
    ) -> tuple[Static, list[dict[str, Entry]]]:
        """The list that a loop runs over, and the names of each round."""
        items = self.value(iterable, scope)
        if isinstance(items.value, Evenly):
            stop, hint = str(items.value.stop), ONE_BY_ONE
            raise SpecError(FixedSizeNeeded(iterable.span, self.context, "a loop", stop, hint))
        if not isinstance(items.value, list | tuple):
            wrong = WrongType(iterable.span, self.context, "for", "a list", describe(items))
            raise SpecError(wrong)
        rounds: list[dict[str, Entry]] = []
        for item in items.value:
            row = item if len(names) > 1 else (item,)
            if not isinstance(row, tuple | list) or len(row) != len(names):
                what = f"{len(names)} names for {text(item)}"
                raise SpecError(BadArithmetic(iterable.span, self.context, what))
            rounds.append(
                {
                    n.id: Static(v, Ref(n.id, loop) if loop is not None else None)
                    for n, v in zip(names, row, strict=True)
                }
            )
        return items, rounds

    # -- what only a model has

    def chain(self, e: tree.Chain, scope: Scope) -> Any:
        raise SpecError(
            WrongType(e.span, self.context, e.span.text, "a value", "a chain of layers")
        )

    def attribute(self, e: tree.Attribute, scope: Scope) -> Any:
        raise SpecError(NotInThisVersion(e.span, f"reading `.{e.name.id}` here"))


__all__ = ["BlockLayer", "Bundle", "ChainLayer", "Evaluator", "OpLayer", "Skip"]
