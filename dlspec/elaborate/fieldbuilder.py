"""One field of a `data` block: its columns, its transforms, and whether they give its type."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from dlspec.diagnostics import Diagnostic, Label, SpecError
from dlspec.diagnostics.data import BadFieldValue, FieldDoesNotMatch, TransformDoesNotFit
from dlspec.elaborate.columns import Columns
from dlspec.elaborate.fieldtypes import Declared
from dlspec.frozen import frozen
from dlspec.ir import recipe as ir
from dlspec.recipe.sources import Images, Source
from dlspec.recipe.transforms import Hash, Transform
from dlspec.recipe.windows import Windows
from dlspec.source import Span
from dlspec.syntax import tree
from dlspec.tensor import Tensor, f32


@frozen
class Stage:
    """A transform with the place where it stands."""

    made: Transform
    span: Span


@frozen
class FieldBuilder:
    """What is known of a field, on the way to the IR."""

    statement: tree.Field
    number: int
    """Which one of its statement."""
    whole: Declared
    columns: Columns
    stages: Sequence[Stage]
    source: Source
    windows: Windows | None

    @property
    def span(self) -> Span:
        return self.columns.span

    @property
    def place(self) -> tuple[tree.Name, tree.Type]:
        return self.statement.fields[self.number]

    @property
    def declared(self) -> Tensor:
        """The declared type, of one row. Raises SpecError where a window has other sizes."""
        t = self.whole.type
        if self.windows is None:
            return t
        if t.shape[:1] != (self.windows.length,):
            found = replace(t, shape=(self.windows.length, *t.shape[1:]))
            raise SpecError(self.mismatch(found, ()))
        return replace(t, shape=t.shape[1:])

    def build(self) -> ir.Field:
        types: Sequence[Tensor | None]
        known = [self.source.column(c) for c in self.columns.names]
        if isinstance(self.source, Images) and self.columns.names != ("label",):
            types = self.picture() if self.columns.names == ("image",) else self.mask()
        elif any(t is None for t in known):
            types = self.backwards()
            if self.source.scalars:
                self.check_scalars(types[0])
            self.check_counts(types[0])
        else:
            types = self.forwards([t for t in known if t is not None])
        return self.made(types)

    def of(self, computed: ir.Computation) -> ir.Field:
        """The field, of what is computed."""
        return self.made(self.matched(computed.type), computed)

    def made(
        self, types: Sequence[Tensor | None], computed: ir.Computation | None = None
    ) -> ir.Field:
        hashed = bool(self.stages) and isinstance(self.stages[0].made, Hash)
        if self.columns.crossed and not hashed:
            what = "columns in parentheses are crossed, which Hash does"
            hint = f"append `-> Hash(1000)` to `{self.span.text}`"
            raise SpecError(BadFieldValue(self.span, what, hint))
        last = self.whole.type if self.windows is not None else types[-1]
        assert last is not None
        return ir.Field(
            name=self.place[0].id,
            type=last,
            columns=self.columns.names,
            joined=self.columns.joined,
            counts=self.whole.counts,
            crossed=self.columns.places if hashed else (),
            computed=computed,
            read=types[0],
            transforms=tuple(
                ir.Transformed(transform=s.made, takes=a, gives=b)
                for s, a, b in zip(self.stages, types, types[1:], strict=False)
                if b is not None
            ),
            line=self.statement.span.line,
        )

    def refused(self, stage: Stage) -> list[Diagnostic]:
        """Why a transform is not for a field of this type, by its dtype and its axes."""
        found = [*stage.made.cannot_give(self.declared)]
        where = Label(self.place[1].span, "declared here")
        return [TransformDoesNotFit(stage.span, p.what, where, p.help) for p in found]

    # -- from what is read, where that is known

    def forwards(self, known: Sequence[Tensor]) -> list[Tensor]:
        start = self.together(known)
        if start.dtype == self.declared.dtype == "class" and start.classes is None:
            start = replace(start, classes=self.declared.classes)
        return self.matched(start)

    def matched(self, start: Tensor) -> list[Tensor]:
        """The types from the first on, which end with the declared one. Raises SpecError."""
        types = self.through(start)
        if not self.fits(types[-1]) and start.shape == () and self.declared.shape == (1,):
            types = self.through(replace(start, shape=(1,)))  # one number as a vector of one
        if not self.fits(types[-1]):
            raise SpecError(self.mismatch(types[-1], types))
        return types

    def together(self, known: Sequence[Tensor]) -> Tensor:
        """The type of several columns side by side."""
        if not self.columns.joined:
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
        name, type_ = self.place
        value = self.statement.value
        span = value.span if value is not None else self.span
        declared = self.whole.type
        trail = []
        if self.stages and types:
            steps = [f"{s.span.text}: {t}" for s, t in zip(self.stages, types[1:], strict=True)]
            trail = [f"{self.span.text}: {types[0]}", *steps]
        hint = ""
        if not types and self.windows is not None:
            hint = f"the first axis is that of the rows of a window: {self.windows.length}"
        elif found.dtype == "class" and declared.dtype == "f32":
            hint = f"declare it as `{found}`, or append `-> OneHot`"
        elif found.size == declared.size and found.shape != declared.shape:
            hint = f"declare it as `{found}`; reshaping is up to the model"
        return FieldDoesNotMatch(
            type_.span, name.id, str(declared), str(found), span, tuple(trail), hint
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
                where = Label(self.place[1].span, "declared here")
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
        count = len(self.columns.places)
        allowed = ((count,),) if self.columns.joined else ((), (1,))
        of_words = bool(self.stages) and isinstance(self.stages[0].made, Hash)
        read = self.declared if of_words else read
        if read is None or read.shape in allowed:
            return
        found = f32(count) if self.columns.joined else f32()
        if read.dtype == "class":
            found = replace(read, shape=found.shape)
        raise SpecError(self.mismatch(found, () if of_words else self.through(found)))

    def check_counts(self, read: Tensor | None) -> None:
        """Counts for each place go with labels that are read as they are."""
        if self.whole.counts and self.stages:
            what = f"{self.stages[0].made.kind()} of a field with several class counts"
            hint = "declare one field for each count"
            raise SpecError(TransformDoesNotFit(self.stages[0].span, what, None, hint))

    def picture(self) -> list[Tensor | None]:
        types = self.backwards()
        channels = self.declared.shape[0] if self.declared.rank == 3 else 0
        if self.declared.dtype != "f32" or channels not in (1, 3):
            hint = "declare it as f32[3, H, W], or f32[1, H, W] for grey"
            raise SpecError(self.misread("a picture, f32[3, H, W]", hint))
        return types

    def mask(self) -> list[Tensor | None]:
        types = self.backwards()
        if self.declared.dtype != "class" or self.declared.rank != 2 or not self.declared.classes:
            hint = "declare it as class[21][H, W], with the number of classes"
            raise SpecError(self.misread("a class at each pixel", hint))
        return types

    def misread(self, found: str, hint: str) -> FieldDoesNotMatch:
        name, type_ = self.place
        return FieldDoesNotMatch(
            type_.span, name.id, str(self.declared), found, self.span, (), hint
        )
