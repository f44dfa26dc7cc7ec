"""The declared types of fields: `f32[1, 8, 8]`, `class[10]`, `class`, `f32[]`."""

from __future__ import annotations

from collections.abc import Sequence

from dlspec.diagnostics import SpecError, nearest
from dlspec.diagnostics.data import BadFieldType
from dlspec.diagnostics.lengths import BadBound
from dlspec.elaborate.objects import Objects
from dlspec.elaborate.values import describe
from dlspec.expr import Ref
from dlspec.frozen import frozen
from dlspec.length import dynamic
from dlspec.syntax import tree
from dlspec.tensor import Tensor

KINDS = ("f32", "i32", "i64", "class")


@frozen
class Declared:
    """A type for one row; a class count that is not given is None. `counts` are those of its
    places, where each has its own: that of the type is then the largest."""

    type: Tensor
    counts: tuple[int, ...] = ()


def field_type(type_: tree.Type, objects: Objects, dims: dict[str, int]) -> Declared:
    """The type that a field declares. `dims` has the dynamic dimensions of the data so far, and
    gets those that are declared here. Raises SpecError."""
    name = type_.name.id
    if name not in KINDS:
        near = nearest(name, KINDS) or {"int": "i32", "float": "f32"}.get(name)
        hint = f"did you mean `{near}`?" if near else "fields are f32, i32, i64 or class"
        raise SpecError(BadFieldType(type_.name.span, f"`{name}` is no type of a field", hint))
    if name == "class" and (listed := _list(type_)) is not None:
        return _each(type_, listed, objects)
    groups = [_sizes(group, objects, dims) for group in type_.groups]
    if name == "class":
        return Declared(_class(type_, groups))
    if len(groups) != 1:
        what = f"`{type_.span.text}` has no shape" if not groups else "a field has one shape"
        hint = f"write `{name}[]` for one number, `{name}[8]` for a vector"
        raise SpecError(BadFieldType(type_.span, what, hint))
    return Declared(Tensor(name, groups[0]))  # type: ignore[arg-type]


def _list(type_: tree.Type) -> tree.List | None:
    """The list of `class[[9, 16, 7]]`."""
    if not type_.groups or len(type_.groups[0]) != 1:
        return None
    (only,) = type_.groups[0]
    return only if isinstance(only, tree.List) else None


def _each(type_: tree.Type, listed: tree.List, objects: Objects) -> Declared:
    """A class at each place, with a count of its own."""
    counts = _sizes(listed.items, objects, {})
    if len(type_.groups) > 1 or not counts:
        hint = "write `class[[9, 16, 7]]` for three classes of 9, 16 and 7"
        raise SpecError(BadFieldType(type_.span, "a list has a count for each place", hint))
    if min(counts) < 2:
        what = "a class is one of at least 2"
        raise SpecError(BadFieldType(listed.span, what, "write `class[2]` for yes or no"))
    return Declared(Tensor("class", (len(counts),), max(counts)), counts)


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
    group: Sequence[tree.Expr | tree.Rest | tree.All], objects: Objects, dims: dict[str, int]
) -> tuple[int, ...]:
    sizes = []
    for dim in group:
        if isinstance(dim, tree.Rest | tree.All):
            hint = "write the size as a number"
            raise SpecError(BadFieldType(dim.span, "the sizes of a field are known", hint))
        if isinstance(dim, tree.Binary) and dim.op in ("<", "<="):
            sizes.append(_bounded(dim, objects, dims))
            continue
        if isinstance(dim, tree.Name) and dim.id in dims:
            sizes.append(dims[dim.id])
            continue
        found = objects.evaluator.value(dim, objects.scope).value
        whole = int(found) if isinstance(found, float) and found.is_integer() else found
        if isinstance(whole, bool) or not isinstance(whole, int) or whole < 1:
            what = f"a size is a whole number of at least 1, not {describe(found)}"
            raise SpecError(BadFieldType(dim.span, what))
        sizes.append(whole)
    return tuple(sizes)


def _bounded(dim: tree.Binary, objects: Objects, dims: dict[str, int]) -> int:
    """`T <= 512`: rows of any length up to a bound."""
    left = dim.left
    if not isinstance(left, tree.Name):
        what = "a dynamic dimension is a name with a bound"
        raise SpecError(BadBound(dim.span, (), what, "write `T <= 512`"))
    if left.id in dims:
        what = f"`{left.id}` has its bound already"
        raise SpecError(BadBound(dim.span, (), what, f"write `{left.id}`"))
    found = objects.evaluator.value(dim.right, objects.scope).value
    whole = int(found) if isinstance(found, float) and found.is_integer() else found
    least = 1 + (dim.op == "<")
    if isinstance(whole, bool) or not isinstance(whole, int) or whole < least:
        what = f"a bound is a whole number of at least {least}, not {describe(found)}"
        raise SpecError(BadFieldType(dim.right.span, what))
    dims[left.id] = dynamic(left.id, whole - (dim.op == "<"), Ref(left.id))
    return dims[left.id]
