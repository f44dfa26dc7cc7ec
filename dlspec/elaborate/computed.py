"""Fields that are computed from fields above them: `series[:336]`, `high - low`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dlspec import ops
from dlspec.diagnostics import SpecError, nearest
from dlspec.diagnostics.data import BadFieldValue
from dlspec.diagnostics.names import UnknownName
from dlspec.elaborate.evaluate import Skip
from dlspec.elaborate.kinds import ungrouped
from dlspec.elaborate.objects import Objects
from dlspec.elaborate.operands import OPERATORS
from dlspec.elaborate.uses import walk
from dlspec.elaborate.values import describe
from dlspec.ir import recipe as ir
from dlspec.ops.indexing import REST, Item
from dlspec.syntax import tree
from dlspec.tensor import FLOATS, Tensor
from dlspec.units import plain_number

ARITHMETIC = frozenset({"+", "-", "*", "/", "//", "%", "**"})
HINT = "brackets and arithmetic are: `series[:336]`, `2 * (high - low)`"


class Computing:
    """Reads an expression of fields; `fields` are those above it, None where one is broken."""

    def __init__(self, fields: Mapping[str, ir.Field | None], objects: Objects) -> None:
        self.fields = fields
        self.objects = objects

    def read(self, e: tree.Expr) -> ir.Computation:
        """The computation. Raises SpecError, or Skip where a field is broken."""
        match ungrouped(e):
            case tree.Name(id=name) if name in self.fields:
                found = self.fields[name]
                if found is None:
                    raise Skip
                return ir.OfField(field=name, type=found.type)
            case tree.Index() as index:
                return self.index(index)
            case tree.Unary(op="-", operand=operand):
                return self.apply("negative", {}, (self.read(operand),), e)
            case tree.Binary(op=op, left=left, right=right) if op in ARITHMETIC:
                return self.arithmetic(OPERATORS[op], left, right, e)
            case tree.Name(id=name):
                near = nearest(name, self.fields)
                what = "field above this one"
                raise SpecError(UnknownName(e.span, name, what, near, tuple(self.fields)))
        raise SpecError(BadFieldValue(e.span, "fields are not computed like this", HINT))

    def arithmetic(
        self, op: str, left: tree.Expr, right: tree.Expr, e: tree.Expr
    ) -> ir.Computation:
        """Of two fields, or of one and a number, which takes its dtype."""
        read = [self.read(x) if self.is_field(x) else None for x in (left, right)]
        like = next((x.type for x in read if x is not None), None)
        if like is None:
            raise SpecError(BadFieldValue(e.span, "a field is computed from other fields", HINT))
        pairs = zip((left, right), read, strict=True)
        operands = tuple(self.number(x, like) if found is None else found for x, found in pairs)
        return self.apply(op, {}, operands, e)

    def is_field(self, e: tree.Expr) -> bool:
        """Whether an operand reads a field."""
        return any(isinstance(n, tree.Name) and n.id in self.fields for n in walk(e))

    def number(self, e: tree.Expr, like: Tensor) -> ir.Figure:
        value = self.objects.evaluator.value(e, self.objects.scope).value
        if not plain_number(value):
            what = f"a field is computed with fields and numbers, not with {describe(value)}"
            raise SpecError(BadFieldValue(e.span, what, HINT))
        if like.dtype not in FLOATS and int(value) != value:
            what = f"{value:g} beside {like}, which holds whole numbers"
            raise SpecError(BadFieldValue(e.span, what, "declare the field as f32"))
        value = float(value) if like.dtype in FLOATS else int(value)
        return ir.Figure(number=value, type=Tensor(like.dtype, ()))

    def index(self, e: tree.Index) -> ir.Computation:
        items = [self.item(at) for at in e.subscripts]
        if items.count(REST) > 1 or not items:
            raise SpecError(BadFieldValue(e.span, "no such brackets", HINT))
        return self.apply("getitem", {"at": items}, (self.read(e.value),), e)

    def item(self, at: tree.Expr | tree.Slice | tree.Rest) -> Item:
        match at:
            case tree.Rest():
                return REST
            case tree.Slice():
                start, stop, step = (self.place(b) for b in (at.start, at.stop, at.step))
                if step == 0:
                    raise SpecError(BadFieldValue(at.span, "a slice with steps of zero", HINT))
                return start, stop, step
        return self.place(at)

    def place(self, e: tree.Expr | None) -> int | None:
        value = self.objects.evaluator.value(e, self.objects.scope).value if e else None
        if value is not None and (isinstance(value, bool) or not isinstance(value, int)):
            assert e is not None
            what = f"a place is a whole number, not {describe(value)}"
            raise SpecError(BadFieldValue(e.span, what, HINT))
        return value

    def apply(
        self, name: str, given: dict[str, Any], of: tuple[ir.Computation, ...], e: tree.Expr
    ) -> ir.Computed:
        cls = ops.lookup(name)
        assert cls is not None
        op = cls.bind((), given)
        types = [x.type for x in of]
        for problem in op.problems(*types):
            raise SpecError(BadFieldValue(e.span, problem.what, problem.help))
        made = op.shape(*types)
        assert isinstance(made, Tensor)
        return ir.Computed(op=op, of=of, type=made)
