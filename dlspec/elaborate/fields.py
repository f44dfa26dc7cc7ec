"""`field` statements of a `data` block: one field or several, read from columns or computed."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from dlspec import recipe
from dlspec.diagnostics import SpecError
from dlspec.diagnostics.data import BadFieldValue, TransformDoesNotFit
from dlspec.diagnostics.uses import NotInThisVersion
from dlspec.elaborate.columns import Columns, columns, is_computed
from dlspec.elaborate.computed import Computing
from dlspec.elaborate.evaluate import Skip
from dlspec.elaborate.fieldbuilder import FieldBuilder, Stage
from dlspec.elaborate.fieldtypes import Declared, field_type
from dlspec.elaborate.objects import Objects, plain, stages
from dlspec.expr import fixed
from dlspec.frozen import frozen
from dlspec.ir import recipe as ir
from dlspec.recipe.sources import Arrays, Source
from dlspec.recipe.windows import Windows
from dlspec.syntax import tree
from dlspec.tensor import Tensor


@frozen
class Around:
    """What a field is read from: the source (None where it is broken), its windows, and the fields
    above; `classes` are counts that the data told."""

    source: Source | None
    windows: Windows | None
    fields: Mapping[str, ir.Field | None]
    classes: Mapping[str, int]
    dims: dict[str, int]
    """The dynamic dimensions so far."""


def fields(s: tree.Field, around: Around, objects: Objects) -> list[ir.Field]:
    """The fields that a statement declares.

    Raises SpecError, or Skip where the source or a field that is read is broken.
    """
    if s.value is None:
        names = ", ".join(f"`{name.id}`" for name, _ in s.fields)
        what = f"field {names} has no column" if len(s.fields) == 1 else f"{names} have no columns"
        raise SpecError(BadFieldValue(s.fields[0][0].span, what))
    start, chain = stages(s.value)
    declared = [_declared(name, type_, around, objects) for name, type_ in s.fields]
    read = [_transform(stage, objects) for stage in chain]
    for (_, type_), d in zip(s.fields, declared, strict=True):
        _check_dynamic(type_, d.type, around, read, is_computed(start))
    if is_computed(start):
        return [_computed(s, start, declared, read, around, objects)]
    found = columns(start, around.source)
    if around.source is None:
        raise Skip
    if len(declared) == 1:
        return [FieldBuilder(s, 0, declared[0], found, read, around.source, around.windows).build()]
    if len(found.places) != len(declared):
        what = f"{len(declared)} fields of {len(found.places)} columns"
        raise SpecError(BadFieldValue(start.span, what, "give each field one column, in order"))
    each = [
        FieldBuilder(s, i, d, c, read, around.source, around.windows)
        for i, (d, c) in enumerate(zip(declared, found.each(), strict=True))
    ]
    return [*_together(each, read)]


def _declared(name: tree.Name, type_: tree.Type, around: Around, objects: Objects) -> Declared:
    declared = field_type(type_, objects, around.dims)
    if declared.type.dtype == "class" and declared.type.classes is None:
        told = replace(declared.type, classes=around.classes.get(name.id))
        return replace(declared, type=told)
    return declared


def _check_dynamic(
    type_: tree.Type, declared: Tensor, around: Around, read: Sequence[Stage], computed: bool
) -> None:
    """Rows of different lengths come as they are: one axis of them, from arrays."""
    dynamic = [size for size in declared.shape if not fixed(size)]
    if not dynamic or around.source is None:
        return
    if len(dynamic) > 1:
        what = "a field with two dimensions of any length"
        raise SpecError(NotInThisVersion(type_.span, what, "write all but one as numbers"))
    if computed or around.windows is not None or not isinstance(around.source, Arrays):
        where = "windows" if around.windows is not None else around.source.kind()
        what = f"a dimension of any length, {'computed' if computed else f'from {where}'}"
        raise SpecError(NotInThisVersion(type_.span, what, "arrays (npz) have them"))
    for stage in read:
        if not stage.made.ragged:
            what = f"`{stage.span.text}` of rows of different lengths"
            able = [
                n for n, cls in recipe.table("transform").items() if getattr(cls, "ragged", False)
            ]
            hint = f"{' and '.join(able)} take them; do it in the arrays before, or in the model"
            raise SpecError(NotInThisVersion(stage.span, what, hint))


def _transform(stage: tree.Stage, objects: Objects) -> Stage:
    layer = plain(stage)
    return Stage(objects.object("transform", layer).made, layer.span)


def _computed(
    s: tree.Field,
    start: tree.Expr,
    declared: Sequence[Declared],
    read: Sequence[Stage],
    around: Around,
    objects: Objects,
) -> ir.Field:
    """A field that is computed, and then transformed."""
    if len(declared) > 1:
        what = "fields that are computed are declared one by one"
        raise SpecError(BadFieldValue(start.span, what, ""))
    for stage in read:
        if stage.made.fitted:
            what = f"{stage.made.kind()} is fitted on columns"
            hint = "put it behind the columns of the field that this one is computed from"
            raise SpecError(TransformDoesNotFit(stage.span, what, None, hint))
    words = set(re.findall(r"\w+", start.span.text))
    if any(
        f is not None and n in words and not all(map(fixed, f.type.shape))
        for n, f in around.fields.items()
    ):
        what = "a field that is computed from rows of different lengths"
        raise SpecError(NotInThisVersion(start.span, what, "compute it in the `train` block"))
    made = Computing(around.fields, objects).read(start)
    found = Columns(((),), False, start.span)
    source = around.source
    if source is None:
        raise Skip
    return FieldBuilder(s, 0, declared[0], found, read, source, None).of(made)


def _together(each: Sequence[FieldBuilder], read: Sequence[Stage]) -> Iterator[ir.Field]:
    """Fields of one statement: each goes through the transforms that are for such as it is."""
    kept = [[stage for stage in read if not any(f.refused(stage))] for f in each]
    for stage in read:
        if not any(stage in own for own in kept):
            raise SpecError(*each[0].refused(stage))
    for f, own in zip(each, kept, strict=True):
        yield replace(f, stages=own).build()
