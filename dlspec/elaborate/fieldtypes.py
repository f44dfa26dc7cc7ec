"""The declared types of fields: `f32[1, 8, 8]`, `class[10]`, `class`, `f32[]`."""

from __future__ import annotations

from dlspec.diagnostics import SpecError, nearest
from dlspec.diagnostics.data import BadFieldType
from dlspec.diagnostics.names import NotInThisVersion
from dlspec.elaborate.objects import Objects
from dlspec.elaborate.values import describe
from dlspec.syntax import tree
from dlspec.tensor import Tensor

KINDS = ("f32", "i32", "i64", "class")


def field_type(type_: tree.Type, objects: Objects) -> Tensor:
    """The type of a field, for one row. A class count that is not given is None."""
    name = type_.name.id
    if name not in KINDS:
        near = nearest(name, KINDS) or {"int": "i32", "float": "f32"}.get(name)
        hint = f"did you mean `{near}`?" if near else "fields are f32, i32, i64 or class"
        raise SpecError(BadFieldType(type_.name.span, f"`{name}` is no type of a field", hint))
    groups = [_sizes(group, objects) for group in type_.groups]
    if name == "class":
        return _class(type_, groups)
    if len(groups) != 1:
        what = f"`{type_.span.text}` has no shape" if not groups else "a field has one shape"
        hint = f"write `{name}[]` for one number, `{name}[8]` for a vector"
        raise SpecError(BadFieldType(type_.span, what, hint))
    return Tensor(name, groups[0])  # type: ignore[arg-type]


def _class(type_: tree.Type, groups: list[tuple[int, ...]]) -> Tensor:
    if not groups:
        return Tensor("class", ())
    count, *shape = groups
    if len(count) != 1 or len(shape) > 1:
        hint = "write `class[10]`, or `class[10][H, W]` for a class at each place"
        raise SpecError(BadFieldType(type_.span, "a class has one count", hint))
    if count[0] < 2:
        what = "a class is one of at least 2"
        raise SpecError(BadFieldType(type_.span, what, "write `class[2]` for yes or no"))
    return Tensor("class", shape[0] if shape else (), count[0])


def _sizes(
    group: tuple[tree.Expr | tree.Rest | tree.All, ...], objects: Objects
) -> tuple[int, ...]:
    sizes = []
    for dim in group:
        if isinstance(dim, tree.Rest | tree.All):
            hint = "write the size as a number"
            raise SpecError(BadFieldType(dim.span, "the sizes of a field are known", hint))
        if isinstance(dim, tree.Binary) and dim.op in ("<", "<="):
            hint = "write the length as a number"
            raise SpecError(NotInThisVersion(dim.span, "a dimension of any length", hint))
        if isinstance(dim, tree.List):
            raise SpecError(NotInThisVersion(dim.span, "a field with several class counts"))
        found = objects.evaluator.value(dim, objects.scope).value
        whole = int(found) if isinstance(found, float) and found.is_integer() else found
        if isinstance(whole, bool) or not isinstance(whole, int) or whole < 1:
            what = f"a size is a whole number of at least 1, not {describe(found)}"
            raise SpecError(BadFieldType(dim.span, what))
        sizes.append(whole)
    return tuple(sizes)
