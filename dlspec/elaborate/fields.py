"""One `field` of a `data` block: its columns, its transforms, and whether they give its type."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from dlspec.diagnostics import Diagnostic, Label, SpecError, nearest
from dlspec.diagnostics.data import (
    BadFieldValue,
    FieldDoesNotMatch,
    TransformDoesNotFit,
    UnknownColumn,
)
from dlspec.diagnostics.names import NotInThisVersion
from dlspec.elaborate.evaluate import Skip
from dlspec.elaborate.fieldtypes import field_type
from dlspec.elaborate.objects import Objects, callee, plain, stages
from dlspec.frozen import frozen
from dlspec.ir import recipe as ir
from dlspec.recipe.sources import Images, Source
from dlspec.recipe.transforms import Transform
from dlspec.source import Span
from dlspec.syntax import tree
from dlspec.tensor import Tensor, f32


@frozen
class Stage:
    """A transform with the place where it stands."""

    made: Transform
    span: Span


def field(s: tree.Field, source: Source | None, objects: Objects, classes: int | None) -> ir.Field:
    """The field that a statement declares. `classes` is their count, where the data told it.

    Raises SpecError, or Skip where the source is broken.
    """
    ((name, type_),) = s.fields
    declared = field_type(type_, objects)
    if declared.dtype == "class" and declared.classes is None:
        declared = replace(declared, classes=classes)
    if s.value is None:
        raise SpecError(BadFieldValue(name.span, f"field `{name.id}` has no column"))
    start, chain = stages(s.value)
    read = [_transform(stage, objects) for stage in chain]
    columns, joined, span = _columns(start, source)
    if source is None:
        raise Skip
    return _Field(s, declared, columns, joined, span, read, source).build()


def _transform(stage: tree.Stage, objects: Objects) -> Stage:
    layer = plain(stage)
    return Stage(objects.object("transform", layer).made, layer.span)


def _columns(e: tree.Expr, source: Source | None) -> tuple[tuple[str, ...], bool, Span]:
    """The names of the columns, whether they are joined, and where they stand."""
    name = callee(e)
    if name is None or name.id not in ("column", "columns") or not isinstance(e, tree.Call):
        computed = isinstance(e, tree.Index | tree.Binary | tree.Unary) or name is not None
        if computed and not (name and nearest(name.id, ("column", "columns"))):
            raise SpecError(NotInThisVersion(e.span, "a field that is computed"))
        raise SpecError(BadFieldValue(e.span, "a field begins with a column of the source"))
    if not e.arguments or (name.id == "column" and len(e.arguments) > 1):
        what = "`column` takes one name" if name.id == "column" else "`columns` takes names"
        raise SpecError(BadFieldValue(e.span, what))
    found: list[str] = []
    problems: list[Diagnostic] = []
    for a in e.arguments:
        if not isinstance(a.value, tree.Literal) or not isinstance(a.value.value, str):
            hint = f'write `"{a.value.span.text}"`' if isinstance(a.value, tree.Name) else ""
            what = "the name of a column stands in double quotes"
            problems.append(BadFieldValue(a.span, what, hint))
            continue
        column = a.value.value
        known = source.columns() if source is not None else None
        if source is not None and known is not None and column not in known:
            near = nearest(column, known)
            problems.append(UnknownColumn(a.span, column, source.kind(), known, near))
        found.append(column)
    if problems:
        raise SpecError(*problems)
    return tuple(found), name.id == "columns", e.span


@frozen
class _Field:
    """What is known of a field, on the way to the IR."""

    statement: tree.Field
    declared: Tensor
    columns: tuple[str, ...]
    joined: bool
    span: Span
    stages: Sequence[Stage]
    source: Source

    def build(self) -> ir.Field:
        known = [self.source.column(c) for c in self.columns]
        if isinstance(self.source, Images):
            types = self.picture() if self.columns == ("image",) else self.forwards(known)
        elif any(t is None for t in known):
            types = self.backwards()
            if self.source.scalars:
                self.check_scalars(types[0])
        else:
            types = self.forwards(known)
        last = types[-1]
        assert last is not None
        name = self.statement.fields[0][0].id
        return ir.Field(
            name=name,
            type=last,
            columns=self.columns,
            joined=self.joined,
            read=types[0],
            transforms=tuple(
                ir.Transformed(transform=s.made, takes=a, gives=b)
                for s, a, b in zip(self.stages, types, types[1:], strict=False)
                if b is not None
            ),
            line=self.statement.span.line,
        )

    # -- from what is read, where that is known

    def forwards(self, known: Sequence[Tensor | None]) -> list[Tensor | None]:
        start = self.together([t for t in known if t is not None])
        if start.dtype == self.declared.dtype == "class" and start.classes is None:
            start = replace(start, classes=self.declared.classes)
        types = self.through(start)
        if not self.fits(types[-1]) and start.shape == () and self.declared.shape == (1,):
            types = self.through(replace(start, shape=(1,)))  # one number as a vector of one
        last = types[-1]
        if not self.fits(last):
            raise SpecError(self.mismatch(last, types))
        return [*types]

    def together(self, known: list[Tensor]) -> Tensor:
        """The type of several columns side by side."""
        if not self.joined:
            return known[0]
        first = known[0]
        alike = all(t.dtype == first.dtype and t.classes == first.classes for t in known)
        if not alike or any(t.rank > 1 for t in known):
            found = ", ".join(map(str, known))
            what = f"these columns do not go side by side: {found}"
            hint = "columns of numbers do, or classes of one count"
            raise SpecError(BadFieldValue(self.span, what, hint))
        width = sum(int(t.shape[0]) if t.shape else 1 for t in known)
        return replace(first, shape=(width,))

    def through(self, start: Tensor) -> list[Tensor]:
        types = [start]
        for s in self.stages:
            problems = list(s.made.problems(types[-1]))
            if problems:
                where = Label(self.span, f"read as {start}")
                raise SpecError(
                    *(TransformDoesNotFit(s.span, p.what, where, p.help) for p in problems)
                )
            types.append(s.made.shape(types[-1]))
        return types

    def fits(self, found: Tensor) -> bool:
        """Equal to the declared type, but for a class count that one of them leaves open."""
        open_ = found.dtype == "class" and None in (found.classes, self.declared.classes)
        wanted = replace(self.declared, classes=found.classes) if open_ else self.declared
        return found.same(wanted)

    def mismatch(self, found: Tensor, types: Sequence[Tensor]) -> Diagnostic:
        name, type_ = self.statement.fields[0]
        value = self.statement.value
        span = value.span if value is not None else self.span
        trail = []
        if self.stages:
            steps = [f"{s.span.text}: {t}" for s, t in zip(self.stages, types[1:], strict=True)]
            trail = [f"{self.span.text}: {types[0]}", *steps]
        hint = ""
        if found.dtype == "class" and self.declared.dtype == "f32":
            hint = f"declare it as `{found}`, or append `-> OneHot`"
        elif found.size == self.declared.size and found.shape != self.declared.shape:
            hint = f"declare it as `{found}`; reshaping is up to the model"
        return FieldDoesNotMatch(
            type_.span, name.id, str(self.declared), str(found), span, tuple(trail), hint
        )

    # -- from the declared type, where only the data tells what is read

    def backwards(self) -> list[Tensor | None]:
        types: list[Tensor | None] = [self.declared]
        wanted: Tensor | None = self.declared
        after = self.span
        for s in reversed(self.stages):
            if wanted is None:
                what = f"before `{after.text}`, only the data tells the sizes"
                hint = f"put `{after.text}` first"
                raise SpecError(TransformDoesNotFit(s.span, what, None, hint))
            problems = list(s.made.cannot_give(wanted))
            if problems:
                where = Label(self.statement.fields[0][1].span, "declared here")
                raise SpecError(
                    *(TransformDoesNotFit(s.span, p.what, where, p.help) for p in problems)
                )
            wanted = s.made.input_for(wanted)
            types.insert(0, wanted)
            after = s.span
        if types[0] is not None:
            self.through(types[0])
        return types

    def check_scalars(self, read: Tensor | None) -> None:
        """A column of a table holds one number or word: so many make a vector."""
        count = len(self.columns)
        allowed = ((count,),) if self.joined else ((), (1,))
        if read is None or read.shape in allowed:
            return
        found = f32(count) if self.joined else f32()
        if read.dtype == "class":
            found = replace(read, shape=found.shape)
        raise SpecError(self.mismatch(found, self.through(found)))

    def picture(self) -> list[Tensor | None]:
        types = self.backwards()
        channels = self.declared.shape[0] if self.declared.rank == 3 else 0
        if self.declared.dtype != "f32" or channels not in (1, 3):
            type_ = self.statement.fields[0][1]
            hint = "declare it as f32[3, H, W], or f32[1, H, W] for grey"
            found = "a picture, f32[3, H, W]"
            name = self.statement.fields[0][0].id
            expected = str(self.declared)
            raise SpecError(
                FieldDoesNotMatch(type_.span, name, expected, found, self.span, (), hint)
            )
        return types
