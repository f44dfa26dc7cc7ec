"""Values where a value of some type is wanted: of parameters, and of arguments of blocks."""

from __future__ import annotations

from typing import Any

from dlspec.diagnostics import SpecError, nearest
from dlspec.diagnostics.names import UnknownName
from dlspec.diagnostics.values import WrongType
from dlspec.elaborate.evaluate import Evaluator
from dlspec.elaborate.values import Layer, describe
from dlspec.expr import Const, Static, Term, with_origin
from dlspec.source import Span
from dlspec.syntax import tree
from dlspec.units import Quantity

SCALARS: dict[str, tuple[type, str]] = {
    "int": (int, "an integer"),
    "float": (float, "a number"),
    "bool": (bool, "true or false"),
    "str": (str, "a string"),
}


class TypedEvaluator(Evaluator):
    """Converts values to the types that parameters have."""

    def convert(self, found: Static, type_: tree.Type, span: Span, name: str) -> Static:
        """A value as one of this type. Raises SpecError where it is none."""
        kind = type_.name.id
        if kind not in (*SCALARS, "list", "tuple", "layer"):
            raise SpecError(_unknown_type(type_.name.span, kind))
        if kind == "float" and isinstance(found.value, Quantity) and found.value.kind == "share":
            return Static(float(found.value.amount))
        if kind in SCALARS:
            return self.scalar(found, kind, span, name)
        if kind in ("list", "tuple"):
            return self.items(found, type_, span, name)
        raise self.wrong(span, name, f"a {kind}", found)

    def items(self, found: Static, type_: tree.Type, span: Span, name: str) -> Static:
        kind, inner = type_.name.id, element(type_)
        wanted = list if kind == "list" else tuple
        if not isinstance(found.value, wanted):
            raise self.wrong(span, name, f"a {kind}", found)
        if inner in SCALARS:
            made = [self.scalar(Static(v), inner, span, name).value for v in found.value]
            return Static(wanted(made), found.origin)
        if inner not in (None, "list", "tuple", "layer"):
            raise SpecError(_unknown_type(type_.groups[0][0].span, inner))
        if type_.groups and not type_.groups[0]:
            raise SpecError(_unknown_type(type_.span, f"{kind}[]"))
        expected: dict[str, Any] = {"list": list, "tuple": tuple, "layer": Layer}
        for v in found.value:
            if inner is not None and not isinstance(v, expected[inner]):
                raise self.wrong(span, name, f"a {kind} of {inner}s", Static(v))
        return found

    def scalar(self, found: Static, kind: str, span: Span, name: str) -> Static:
        value = found.value
        wanted, words = SCALARS[kind]
        if wanted is int and isinstance(value, float) and value.is_integer():
            whole = Term("int", (found.origin,)) if found.origin is not None else None
            return Static(int(value), whole)
        if wanted is float and isinstance(value, int) and not isinstance(value, bool):
            origin = Const(float(value)) if isinstance(found.origin, Const) else found.origin
            return Static(float(value), origin)
        if not isinstance(value, wanted) or (isinstance(value, bool) and wanted is not bool):
            raise self.wrong(span, name, words, found)
        return found

    def wrong(self, span: Span, name: str, expected: str, found: Static) -> SpecError:
        return SpecError(WrongType(span, self.context, name, expected, describe(found)))


def _unknown_type(span: Span, name: str) -> UnknownName:
    return UnknownName(span, name, "type", nearest(name, (*SCALARS, "list", "layer")))


def element(type_: tree.Type) -> str | None:
    """The name of the elements' type: `int` in `list[int]`."""
    first = type_.groups[0][0] if type_.groups and type_.groups[0] else None
    return first.id if isinstance(first, tree.Name) else None


def sized(value: Static) -> Any:
    """An integer with its origin, so that the shapes that it makes keep it."""
    whole = isinstance(value.value, int) and not isinstance(value.value, bool)
    return with_origin(value.value, value.origin) if whole else value.value
