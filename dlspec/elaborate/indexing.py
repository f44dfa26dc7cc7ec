"""Brackets behind a tensor: `x[0]`, `x[1:, none]`, `table[index]`."""

from __future__ import annotations

from typing import Any

from dlspec import ops
from dlspec.diagnostics import SpecError
from dlspec.diagnostics.shapes import BadIndex, NotATensor
from dlspec.diagnostics.values import WrongType
from dlspec.elaborate.calling import FunctionApplier
from dlspec.elaborate.known import known
from dlspec.elaborate.lists import Tensors, unwrapped
from dlspec.elaborate.positions import Evenly, evenly, hint, is_range
from dlspec.elaborate.values import Scope, Value, describe
from dlspec.expr import Static, fixed, with_origin
from dlspec.ops.base import Op
from dlspec.ops.indexing import REST, Item
from dlspec.syntax import tree

TAKES = "an integer, a slice, `none`, `...` or a tensor of integers"


class Indexer(FunctionApplier):
    """Evaluates indices of tensors; those of lists are the compiler's own."""

    def index(self, e: tree.Index, scope: Scope) -> Any:
        found = self.expression(e.value, scope)
        if isinstance(found, Static) and self.wants_tensor(found, e, scope):
            found = self.positions(found, e.value)
        if not isinstance(found, Value):
            return self.listed(found, e, scope)
        if len(found.types) != 1:
            raise SpecError(NotATensor(e.value.span, self.context, "several tensors"))
        items: list[Item] = []
        for at in e.subscripts:
            item = self.subscript(at, scope)
            if isinstance(item, Value):
                return self.gathered(found, item, e)
            items.append(item)
        if items.count(REST) > 1:
            raise SpecError(BadIndex(e.span, self.context, "`...` stands twice in one index"))
        if not items:
            raise SpecError(WrongType(e.span, self.context, "[ ]", TAKES, "nothing"))
        return self.read("getitem", {"at": items}, (found,), e)

    def wants_tensor(self, found: Static, e: tree.Index, scope: Scope) -> bool:
        """Whether brackets behind a list of numbers are such as only a tensor takes."""
        if isinstance(found.value, Evenly):
            return True
        if not isinstance(found.value, list) or isinstance(found.value, Tensors):
            return False
        if len(e.subscripts) != 1:
            return True
        at = e.subscripts[0]
        if isinstance(at, tree.Slice | tree.Rest):
            return isinstance(at, tree.Rest)
        by = self.expression(at, scope)
        return isinstance(by, Value) or (isinstance(by, Static) and by.value is None)

    def ranged(self, found: Any, e: tree.Expr) -> Any:
        """What `range` gave as positions; anything else as it is."""
        return self.positions(found, e) if is_range(found) else found

    def positions(self, found: Any, e: tree.Expr) -> Value:
        """A list of numbers that go up or down evenly, as a tensor. Raises SpecError for others."""
        if isinstance(found, Static) and isinstance(found.value, Tensors):
            what, made_of = "a list of tensors", "`stack(xs, axis=0)`, `sum(xs)` and `xs -> Concat`"
            hint_ = f"{made_of} make one of them"
            raise SpecError(NotATensor(e.span, self.context, what, hint_))
        made = evenly(found)
        if made is None:
            raise SpecError(NotATensor(e.span, self.context, describe(found), hint(found)))
        return self.applied(made, {}, (), {}, self.frame.site(e), e.span)

    def listed(self, found: Any, e: tree.Index, scope: Scope) -> Any:
        """An element or a part of a list."""
        made = (
            self.element(found, e, scope) if isinstance(found, Static) else super().index(e, scope)
        )
        if not isinstance(found, Static) or not isinstance(found.value, Tensors):
            return unwrapped(made)
        at = e.subscripts[0]
        if not isinstance(at, tree.Slice):
            assert not isinstance(at, tree.Rest)
            return found.value.element(self.value(at, scope))
        bounds = (self.value(b, scope) if b else None for b in (at.start, at.stop, at.step))
        return Static(found.value.part(*bounds))

    def subscript(self, at: tree.Expr | tree.Slice | tree.Rest, scope: Scope) -> Item | Value:
        match at:
            case tree.Rest():
                return REST
            case tree.Slice():
                start, stop, step = (self.bound(b, scope) for b in (at.start, at.stop, at.step))
                if step == 0:
                    raise SpecError(BadIndex(at.span, self.context, "a slice with steps of zero"))
                return start, stop, step
        found = self.ranged(self.expression(at, scope), at)
        if isinstance(found, Value):
            return found
        value = self.value(at, scope)
        if value.value is None:
            return None
        if isinstance(value.value, bool) or not isinstance(value.value, int):
            raise SpecError(WrongType(at.span, self.context, "[ ]", TAKES, describe(value)))
        self.fixed_size(value, at, "a place", "`x[-1]` is the last, whatever the length")
        return with_origin(value.value, value.origin)

    def bound(self, e: tree.Expr | None, scope: Scope) -> int | None:
        """A bound of a slice; it may be left out, or `none`."""
        found = self.value(e, scope) if e is not None else None
        if found is None or found.value is None:
            return None
        if isinstance(found.value, bool) or not isinstance(found.value, int):
            assert e is not None
            raise SpecError(WrongType(e.span, self.context, ":", "integers", describe(found)))
        return with_origin(found.value, found.origin)

    def gathered(self, table: Value, at: Value, e: tree.Index) -> Value:
        if len(e.subscripts) > 1:
            what = "a tensor as an index stands alone"
            hint = "it reads along axis 0: `x[i][:, 0]`; Rearrange puts another axis first"
            raise SpecError(BadIndex(e.span, self.context, what, hint))
        made = self.read("gather", {}, (table, at), e)
        read, size = known(at.flow, self.frame.known), table.types[0].shape[0]
        if read is not None and fixed(size) and (read[0] < 0 or read[1] >= size):
            what = f"an index from {read[0]} to {read[1]} into axis 0 of {table.types[0]}"
            hint = f"the places are 0 to {size - 1}"
            raise SpecError(BadIndex(e.subscripts[0].span, self.context, what, hint))
        return made

    def read(self, name: str, given: dict[str, Any], x: tuple[Value, ...], e: tree.Index) -> Value:
        cls = ops.lookup(name)
        assert cls is not None
        op: Op = cls.bind((), given)
        for problem in op.problems(*(v.types[0] for v in x)):
            at = e.subscripts[int(problem.parameter or 0)]
            raise SpecError(BadIndex(at.span, self.context, problem.what, problem.help))
        flows = tuple(v.flow for v in x)
        return self.applied(op, {}, flows, {}, self.frame.site(e), e.span)
