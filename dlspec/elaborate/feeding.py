"""What a `train` block joins: its data, its model, and the fields that feed the inputs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from dlspec.diagnostics import Label, SpecError, nearest
from dlspec.diagnostics.names import UnknownName
from dlspec.diagnostics.train import InputDoesNotFit, InputNotFed
from dlspec.diagnostics.uses import UnknownArgument, WrongArgumentCount
from dlspec.elaborate.activations import last_op
from dlspec.elaborate.evaluate import Skip
from dlspec.elaborate.file import FileTable
from dlspec.elaborate.kinds import ungrouped
from dlspec.elaborate.losses import Comparable, Named
from dlspec.elaborate.model import ModelBuilder
from dlspec.elaborate.objects import Objects, callee
from dlspec.elaborate.settings import Settings
from dlspec.elaborate.values import BlockLayer
from dlspec.frozen import frozen
from dlspec.ir import recipe as ir
from dlspec.ir.model import ModelIR
from dlspec.ir.program import COUNTED
from dlspec.length import Dynamic, put, written
from dlspec.source import Span
from dlspec.syntax import tree
from dlspec.tensor import Tensor

STAND_IN = 97
"""Stands for a class count that only the data tells: a size that little else has."""


@frozen
class KnownData:
    """A `data` block: its IR (None where it is broken) and where its parts are declared."""

    ir: ir.Data | None
    spans: Mapping[str, Span]
    split: Span | None
    counted: Mapping[str, int | None]
    """The fields whose classes are counted in the data, with the count where it is known."""


class Feeding:
    """Finds data and model of one block, and which field feeds which input."""

    def __init__(
        self,
        settings: Settings,
        table: FileTable,
        overrides: Mapping[str, tree.Expr],
        objects: Objects,
        known: Mapping[str, KnownData],
    ) -> None:
        self.settings = settings
        self.table = table
        self.overrides = overrides
        self.objects = objects
        self.known = known
        self.data: KnownData | None = None
        self.data_name = ""
        self.definition: tree.Definition | None = None
        self.model: ModelIR | None = None
        self.layer: BlockLayer | None = None
        """The model as it is written, with its arguments."""
        self.pairs: dict[str, tree.Argument] = {}
        self.counted: dict[str, str] = {}
        self.lengths: dict[str, int] = {}
        """The sizes that the fields have where the model's inputs have dynamic ones."""
        self.find_data()
        self.find_model()

    def find_data(self) -> None:
        e = self.settings.get("data")
        if e is None:
            return
        with self.objects.collecting():
            if not isinstance(e, tree.Name):
                raise self.objects.wrong("data", e, "the name of a `data` block")
            if e.id not in self.known:
                near = nearest(e.id, self.known)
                raise SpecError(UnknownName(e.span, e.id, "data", near, tuple(self.known)))
            self.data_name = e.id
            self.data = self.known[e.id]

    def find_model(self) -> None:
        e = self.settings.get("model")
        if e is None:
            return
        with self.objects.collecting():
            e = ungrouped(e)
            name = callee(e)
            if name is None:
                raise self.objects.wrong("model", e, "a model: `Net()`")
            definition = self.table.definition(name.id)
            if definition is None or definition.kind != "model":
                known = self.table.models
                what = "model" if definition is None else "model (it is a block)"
                near = nearest(name.id, known)
                raise SpecError(UnknownName(name.span, name.id, what, near, tuple(known)))
            self.definition = definition
            arguments = self.split_arguments(e, definition)
            arguments += self.count(e, definition, arguments)
            builder = ModelBuilder(self.table, self.overrides, self.objects.scope)
            self.layer = builder.block_layer(definition, arguments, e.span, self.objects.scope)
            self.model = builder.model(self.layer)
            self.objects.problems.extend(builder.warnings)
            if self.model is None:
                self.objects.problems.extend(builder.problems)
                raise Skip

    def split_arguments(
        self, e: tree.Expr, definition: tree.Definition
    ) -> tuple[tree.Argument, ...]:
        """The arguments that are parameters; the rest say which field feeds which input."""
        parameters = {p.name.id for p in definition.parameters}
        inputs = set(_declared(definition, tree.Input)) - parameters
        rest = []
        for a in e.arguments if isinstance(e, tree.Call) else ():
            if a.name is not None and a.name.id in self.pairs:
                what = f"`{a.name.id}` is given twice"
                self.objects.problems.append(WrongArgumentCount(a.name.span, what))
            elif a.name is not None and a.name.id in inputs:
                self.pairs[a.name.id] = a
            elif a.name is not None and a.name.id not in (*parameters, "weights", "frozen"):
                known = (*(p.name.id for p in definition.parameters), *sorted(inputs))
                model, near = definition.name.id, nearest(a.name.id, known)
                found = UnknownArgument(a.name.span, a.name.id, model, known, near)
                self.objects.problems.append(found)
            else:
                rest.append(a)
        return tuple(rest)

    def count(
        self, e: tree.Expr, definition: tree.Definition, given: tuple[tree.Argument, ...]
    ) -> tuple[tree.Argument, ...]:
        """The parameter `classes`, if nothing gives it and one field leaves its own count open."""
        fields = self.data.counted if self.data is not None else {}
        names = [p.name.id for p in definition.parameters if p.default is None]
        has = {a.name.id for a in given if a.name is not None}
        has.update(p.name.id for p in definition.parameters[: len(given) - len(has)])
        wanted = COUNTED in names and COUNTED not in has
        if not wanted or len(fields) != 1 or f"{definition.name.id}.{COUNTED}" in self.overrides:
            return ()
        ((field, known),) = fields.items()
        self.counted[COUNTED] = field
        value = known if known is not None else STAND_IN
        number = tree.Number(e.span, value, str(value))
        return (tree.Argument(e.span, tree.Name(e.span, COUNTED), number),)

    def inputs(self) -> dict[str, str]:
        """Which field feeds each input of the model."""
        if self.model is None or self.data is None or self.data.ir is None:
            return {}
        found: dict[str, str] = {}
        for name, wanted in self.model.root.fed:
            with self.objects.collecting():
                found[name] = self.feed(name, wanted, self.fields)
        return found

    @property
    def fields(self) -> dict[str, Tensor]:
        """The fields of the data, with their types."""
        data = self.data.ir if self.data is not None else None
        return {f.name: f.type for f in data.fields} if data is not None else {}

    @property
    def computed(self) -> bool:
        """Whether an input is fed by what is computed."""
        return any(not isinstance(ungrouped(a.value), tree.Name) for a in self.pairs.values())

    def feed(self, name: str, wanted: Tensor, fields: Mapping[str, Tensor]) -> str:
        e = self.settings.get("model")
        assert self.model is not None and e is not None
        pair = self.pairs.get(name)
        field, span = name, e.span
        if pair is not None:
            span = pair.value.span
            if not isinstance(pair.value, tree.Name):
                raise self.objects.wrong(name, pair.value, "the name of a field")
            field = pair.value.id
            if field not in fields:
                near = nearest(field, fields)
                what = f"field of {self.data_name}"
                raise SpecError(UnknownName(span, field, what, near, tuple(fields)))
        declared = self.place(name, tree.Input)
        if field not in fields:
            known = tuple(fields)
            model = self.model.name
            raise SpecError(InputNotFed(span, name, model, self.data_name, known, declared))
        given = fields[field]
        dynamic = [
            (size, at)
            for size, at in zip(wanted.shape, given.shape, strict=False)
            if isinstance(size, Dynamic)
        ]
        self.lengths = {str(size): at for size, at in dynamic} | self.lengths
        beyond = any(at > size for size, at in dynamic)
        if beyond or not _feeds(given, self.as_fed(wanted)):
            raise SpecError(self.misfit(span, name, wanted, field, given))
        return field

    def as_fed(self, t: Tensor) -> Tensor:
        """A type of the model, with the sizes that the data gives it."""
        return replace(t, shape=tuple(put(size, self.lengths) for size in t.shape))

    def misfit(
        self, span: Span, name: str, wanted: Tensor, field: str, given: Tensor
    ) -> InputDoesNotFit:
        assert self.model is not None and self.data is not None
        places = (
            (self.place(name, tree.Input), f"the input is {wanted.written(written)}"),
            (self.data.spans.get(field), f"the field is {given}"),
        )
        labels = tuple(Label(s, text) for s, text in places if s is not None)
        hint = ""
        if given.dtype == "class" and wanted.dtype == "f32":
            hint = "make numbers of the classes: append `-> OneHot` to the field"
        elif given.size == wanted.size and given.dtype == wanted.dtype:
            hint = f"declare the input as `{given}`; reshaping is up to the model"
        expected = wanted.written(written)
        return InputDoesNotFit(
            span, name, self.model.name, expected, field, str(given), labels, hint
        )

    def place(self, name: str, kind: type) -> Span | None:
        """Where an input or output of the model is declared."""
        if self.definition is None:
            return None
        return _declared(self.definition, kind).get(name)

    def comparable(self) -> Comparable:
        outputs = fields = None
        if self.model is not None:
            outputs = {
                name: Named(
                    name,
                    self.as_fed(t),
                    self.place(name, tree.Output),
                    "an output of the model",
                    last_op(self.model, name),
                )
                for name, t in self.model.root.outputs
                if name is not None
            }
        if self.data is not None and self.data.ir is not None:
            fields = {
                f.name: Named(
                    f.name,
                    f.type,
                    self.data.spans.get(f.name),
                    "a field",
                    void=self.data.ir.void.get(f.name),
                )
                for f in self.data.ir.fields
            }
        model = self.definition.name.id if self.definition else ""
        reported = frozenset(self.settings.meant)
        return Comparable(model, outputs, self.data_name, fields, reported)


def _feeds(given: Tensor, wanted: Tensor) -> bool:
    """Equal types; a class goes as its number into an input of integers."""
    if given.dtype == "class" and wanted.dtype in ("i32", "i64"):
        return given.shape == wanted.shape
    return given.dtype == wanted.dtype and given.shape == wanted.shape


def _declared(definition: tree.Definition, kind: type) -> dict[str, Span]:
    """Where the inputs or outputs of a model are declared."""
    if not isinstance(definition.body, tree.Body):
        return {}
    found: dict[str, Span] = {}
    for s in definition.body.statements:
        if isinstance(s, kind) and isinstance(s, tree.Input | tree.Output) and s.name is not None:
            found[s.name.id] = s.name.span.to(s.type.span) if s.type else s.name.span
    return found
