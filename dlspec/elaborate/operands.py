"""What operators and functions are applied to: tensors, and the numbers beside them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

from dlspec.diagnostics import SpecError
from dlspec.diagnostics.lengths import FixedSizeNeeded
from dlspec.diagnostics.shapes import Context
from dlspec.diagnostics.values import WrongType
from dlspec.elaborate.lists import Tensors
from dlspec.elaborate.values import Value, describe
from dlspec.expr import Chosen, Static, fixed
from dlspec.ir import model as ir
from dlspec.ops.base import Op
from dlspec.syntax import tree
from dlspec.tensor import FLOATS, DType, Tensor

ANY_SIZE = "`mean` and `sum` go over an axis of any size"

OPERATORS = {
    **{"+": "add", "-": "subtract", "*": "multiply", "/": "divide", "**": "power"},
    **{"//": "floor_divide", "%": "remainder", "@": "matmul"},
    **{"==": "equal", "!=": "not_equal"},
    **{"<": "less", "<=": "less_equal", ">": "greater", ">=": "greater_equal"},
    **{"and": "logical_and", "or": "logical_or"},
}
"""Operator between tensors -> its op."""

UNARY = {"-": "negative", "not": "logical_not"}

SYMBOLS = frozenset({*OPERATORS.values(), *UNARY.values(), "getitem", "gather"})
"""Ops that a spec writes with symbols, so that their names are free for its wires."""

Operand = tuple[Any, tree.Expr]
"""What an expression stands for, and the expression."""


def is_number(found: Any) -> bool:
    """Whether a value may stand for a tensor: a number, or true or false."""
    return isinstance(found, Static) and isinstance(found.value, int | float)


def listed(found: Any) -> tuple[Value, ...]:
    """The tensors of a list; nothing where it is no such list."""
    held = isinstance(found, Static) and isinstance(found.value, Tensors)
    return tuple(found.value) if held else ()


def tensors(found: Any) -> tuple[Value, ...]:
    """The tensors of an argument: those of one layer, or of a list."""
    return (found,) if isinstance(found, Value) else listed(found)


def of_call(
    cls: type[Op], given: Sequence[Operand], context: Context
) -> tuple[tuple[ir.Flow, ...], frozenset[int]] | None:
    """What a function is applied to, and which of the unnamed arguments of its call these are:
    tensors, and numbers where a number may stand for one. None where no tensor is among them.

    Raises SpecError where a number does not fit the tensors beside it.
    """
    if not any(tensors(found) for found, _ in given):
        return None
    kept: list[Operand] = []
    places: set[int] = set()
    for at, (found, e) in enumerate(given):
        own = tensors(found)
        if own or (len(kept) in cls.literals and is_number(found)):
            kept += [(v, e) for v in own] or [(found, e)]
            places.add(at)
    beside = [v.types[0] for i, (v, _) in enumerate(kept) if tensors(v) and i in cls.literals]
    beside = beside or [Tensor(_dtype(v for v, _ in kept if not tensors(v)), ())]
    flows: list[ir.Flow] = []
    for value, e in kept:
        if not isinstance(value, Value):
            flows.append(literal(value, beside, e, context))
        elif len(value.types) == 1:
            flows.append(value.flow)
        else:
            flows += (
                ir.Select(index=i, value=value.flow, types=(t,)) for i, t in enumerate(value.types)
            )
    return tuple(flows), frozenset(places)


def _dtype(numbers: Iterable[Static]) -> DType:
    """The dtype of numbers that no tensor stands beside."""
    values = [n.value for n in numbers]
    if any(isinstance(v, float) for v in values):
        return "f32"
    return "bool" if any(isinstance(v, bool) for v in values) else "i32"


def literal(found: Static, beside: Sequence[Tensor], e: tree.Expr, context: Context) -> ir.Scalar:
    """A number among tensors: it takes the dtype of the one beside it.

    Raises SpecError where it cannot.
    """
    value = found.value
    if not is_number(found):
        raise SpecError(WrongType(e.span, context, "arithmetic", "a number", describe(found)))
    if not fixed(value):
        what = "a number beside a tensor"
        raise SpecError(FixedSizeNeeded(e.span, context, what, str(value), ANY_SIZE))
    other = beside[0]
    truth = isinstance(value, bool)
    if truth is not (other.dtype == "bool"):
        expected = f"{'a number' if truth else 'true or false'} beside {other}"
        raise SpecError(WrongType(e.span, context, "arithmetic", expected, describe(found)))
    if not truth and other.dtype not in FLOATS and not isinstance(value, int):
        expected = f"a whole number beside {other}"
        raise SpecError(WrongType(e.span, context, "arithmetic", expected, describe(found)))
    number, wire = Static(value, found.origin), found.wire if isinstance(found, Chosen) else ""
    return ir.Scalar(value=number, types=(replace(other, shape=(), image=False),), wire=wire)
