"""`data` blocks: source, fields, split and augmentation, in the IR."""

from __future__ import annotations

from dlspec.diagnostics import Diagnostic, Label, SpecError
from dlspec.diagnostics.base import nearest
from dlspec.diagnostics.data import CannotStratify, TransformDoesNotFit
from dlspec.diagnostics.names import AlreadyDefined, UnknownName
from dlspec.diagnostics.uses import NotInThisVersion
from dlspec.elaborate.evaluate import Skip
from dlspec.elaborate.externsources import extern_source
from dlspec.elaborate.fields import Around, fields
from dlspec.elaborate.layers import LayerEvaluator
from dlspec.elaborate.objects import Objects, callee, plain, stages
from dlspec.elaborate.settings import Kind, Settings, read
from dlspec.expr import fixed
from dlspec.ir import recipe as ir
from dlspec.recipe.sources import Images, Source
from dlspec.recipe.splits import All, Ordered, Split, Stratified
from dlspec.recipe.windows import Windows
from dlspec.source import Span
from dlspec.syntax import tree

DATA = Kind(
    name="data",
    settings=("source", "split"),
    required=(
        ("source", 'source = csv("table.csv")'),
        ("split", "split = random(train=80 %, val=10 %, test=10 %)"),
    ),
    later={},
    later_statements={
        tree.Let: "`let` in a `data` block",
        tree.If: "`if` in a `data` block",
        tree.For: "`for` in a `data` block",
    },
    statements=(tree.Field, tree.Augment),
)


class DataBuilder:
    """Elaborates one `data` block. `classes` has the counts that the data told, by field."""

    def __init__(
        self, block: tree.Declaration, objects: Objects, classes: dict[str, int] | None = None
    ) -> None:
        self.block = block
        self.objects = objects
        self.classes = classes or {}
        self.fields: dict[str, ir.Field | None] = {}
        """None for a field that is broken."""
        self.spans: dict[str, Span] = {}
        self.dims: dict[str, int] = {}
        """Its dynamic dimensions."""

    def build(self) -> ir.Data | None:
        """The data; None where it has errors, which `objects` has collected then."""
        before = self.objects.broken
        settings = read(self.block, DATA)
        self.objects.problems.extend(settings.problems)
        source, windows = self.source(settings)
        for s in settings.statements:
            if isinstance(s, tree.Field):
                self.field(s, source, windows)
        split = self.split(settings, windows)
        augment = [a for s in settings.statements if (a := self.augment(s)) is not None]
        fields = [f for f in self.fields.values() if f is not None]
        if self.objects.broken > before or not settings.complete:
            return None
        if source is None or split is None:
            return None
        return ir.Data(
            name=self.block.name.id if self.block.name else "",
            source=source,
            windows=windows,
            fields=tuple(fields),
            split=split,
            augment=tuple(augment),
            doc=self.block.doc,
            line=self.block.span.line,
        )

    def source(self, settings: Settings) -> tuple[Source | None, Windows | None]:
        """Where rows come from, and the windows in which they are taken."""
        written = settings.get("source")
        if written is None:
            return None, None
        start, chain = stages(written)
        made = windows = None
        with self.objects.collecting():
            made = self.declared_source(start) or self.objects.object("source", start).made
        for stage in chain:
            with self.objects.collecting():
                if windows is not None:
                    raise self.objects.wrong("source", stage.layer, "one `Windows` at most")
                windows = self.objects.object("windows", plain(stage)).made
                if isinstance(made, Images):
                    raise self.objects.wrong("source", start, "a table or arrays before `Windows`")
        return made, windows

    def declared_source(self, e: tree.Expr) -> Source | None:
        """The source that an `extern` declares; None where no `extern` has this name."""
        evaluator, name = self.objects.evaluator, callee(e)
        assert isinstance(evaluator, LayerEvaluator)
        found = evaluator.file_of(name).sources.get(name.id) if name is not None else None
        return extern_source(found, e, self.objects, evaluator) if found is not None else None

    def field(self, s: tree.Field, source: Source | None, windows: Windows | None) -> None:
        for name, type_ in s.fields:
            if name.id in self.fields:
                first = self.spans[name.id]
                self.objects.problems.append(AlreadyDefined(name.span, name.id, "field", first))
                return
            self.fields[name.id] = None
            self.spans[name.id] = name.span.to(type_.span)
        with self.objects.collecting():
            own = {name.id for name, _ in s.fields}
            above = {n: f for n, f in self.fields.items() if n not in own}
            found = fields(s, Around(source, windows, above, self.classes, self.dims), self.objects)
            self.fields |= {f.name: f for f in found}

    def split(self, settings: Settings, windows: Windows | None) -> Split | None:
        written = settings.get("split")
        if written is None:
            return None
        with self.objects.collecting():
            found = self.objects.object("split", written, self.split_name)
            made: Split = found.made
            if isinstance(made, Stratified):
                self.check_stratified(made, found.span("by", written.span))
            if windows is not None and not isinstance(made, Ordered | All):
                expected = "`ordered(...)` or `all`, since neighbouring rows make windows"
                raise self.objects.wrong("split", written, expected)
            return made
        return None

    def split_name(self, argument: str, e: tree.Expr) -> str:
        return self.known_field(e).id

    def known_field(self, e: tree.Expr) -> tree.Name:
        """The name of a field of this data. Raises SpecError."""
        if not isinstance(e, tree.Name):
            raise self.objects.wrong("by", e, "the name of a field")
        if e.id not in self.fields:
            near = nearest(e.id, self.fields)
            raise SpecError(UnknownName(e.span, e.id, "field", near, tuple(self.fields)))
        if self.fields[e.id] is None:
            raise Skip
        return e

    def check_stratified(self, split: Stratified, span: Span) -> None:
        by = self.fields[split.by]
        if by is None:
            return
        declared = self.spans[split.by]
        if by.type.dtype != "class" or by.type.shape:
            raise SpecError(CannotStratify(span, split.by, str(by.type), declared))
        if by.computed is not None or by.crossed:
            what = "computed" if by.computed is not None else "hashed"
            raise SpecError(CannotStratify(span, split.by, what, declared))

    def augment(self, s: tree.Statement) -> ir.Augment | None:
        if not isinstance(s, tree.Augment):
            return None
        start, chain = stages(s.value)
        before = self.objects.broken
        names: list[str] = []
        for e in _members(start):
            with self.objects.collecting():
                names.append(self.known_field(e).id)
        made = []
        for stage in chain:
            with self.objects.collecting():
                found = self.objects.object("augmentation", plain(stage))
                self.objects.problems.extend(self.misfits(found.made, names, stage.span))
                made.append(found.made)
        if not chain:
            help = f"write `augment {start.span.text} -> RandomFlip`"
            what = "an augmentation is missing"
            self.objects.problems.append(TransformDoesNotFit(s.span, what, None, help))
        if self.objects.broken > before or len(names) < len(_members(start)):
            return None
        return ir.Augment(fields=tuple(names), transforms=tuple(made), line=s.span.line)

    def misfits(self, made: object, names: list[str], span: Span) -> list[Diagnostic]:
        found: list[Diagnostic] = []
        for name in names:
            field = self.fields[name]
            if field is None:
                continue
            if not all(map(fixed, field.type.shape)):
                what = "an augmentation of rows of different lengths"
                found.append(NotInThisVersion(span, what))
                continue
            origin = Label(self.spans[name], "the field")
            for problem in made.problems(field.type):  # type: ignore[attr-defined]
                found.append(TransformDoesNotFit(span, problem.what, origin, problem.help))
        return found


def _members(e: tree.Expr) -> tuple[tree.Expr, ...]:
    match e:
        case tree.Tuple(items=items):
            return tuple(i.value for i in items)
        case tree.Group(value=inner):
            return _members(inner)
    return (e,)
