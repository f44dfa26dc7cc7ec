"""Where the values of a program come from: written in the spec, a default, a parameter, `--set`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from dlspec.cost import Numbers, said
from dlspec.declared import Declared
from dlspec.elaborate import data, export, generate, train
from dlspec.elaborate.blocks import bind
from dlspec.elaborate.kinds import ungrouped
from dlspec.elaborate.settings import Kind, read
from dlspec.elaborate.unused import nodes as within
from dlspec.elaborate.values import Layer
from dlspec.elaborate.written import Text, recording
from dlspec.expr import Static
from dlspec.frozen import frozen
from dlspec.ir import model as ir
from dlspec.ir import recipe
from dlspec.ops.extern import Extern
from dlspec.pipeline.origin import Follower, Named, Origin, Part, Use, bound
from dlspec.pipeline.stages import Classes, Result, check
from dlspec.syntax import tree

KINDS: dict[str, Kind] = {
    "data": data.DATA,
    "train": train.TRAIN,
    "export": export.EXPORT,
    "generate": generate.GENERATE,
}


@frozen
class Origins:
    """Of a whole program. `models` has the parameters and the layers of each, by its name, and
    `trained` those of each `train` block."""

    parameters: tuple[Named, ...]
    models: Mapping[str, tuple[Part, ...]]
    trained: Mapping[str, tuple[Part, ...]]
    settings: tuple[Part, ...]


def check_origins(
    spec: Path, given: Sequence[str] = (), classes: Classes | None = None
) -> tuple[Result, Origins | None]:
    """A checked spec, and the origins of its values where it has no error."""
    with recording() as written:
        result = check(spec, given, classes)
    if result.program is None or written.table is None:
        return result, None
    return result, _Finder(written.table, written, result.program, given).all()


class _Finder(Follower):
    def all(self) -> Origins:
        program = self.program
        trained = {n: self.model(m, program.trains[n]) for n, m in program.trained.items()}
        models = {n: self.model(m) for n, m in program.models.items()}
        return Origins(
            parameters=tuple(self.file_parameter(n, self.table) for n in self.table.parameters),
            models=models,
            trained=trained,
            settings=tuple(self.blocks()),
        )

    # -- parameters

    def model_parameters(
        self, model: ir.ModelIR, train: recipe.Train | None
    ) -> dict[str, Named | None]:
        """Of a model on its own, or as a `train` block uses it."""
        definition = self.definition(model, model.name)
        of_one = train is not None and not train.networks
        given = self.arguments(definition, train) if train is not None and of_one else {}
        found: dict[str, Named | None] = {}
        for p in definition.parameters:
            name, full = p.name.id, f"{model.name}.{p.name.id}"
            if full in self.overrides:
                origin = self.expression(self.overrides[full], None, "set")
            elif name in given:
                origin = self.expression(given[name].value, None)
            elif train is not None and name in train.counted:
                origin = Origin("data")
            else:
                assert p.default is not None
                origin = self.defaults(p.default, definition, found)
            found[name] = Named(full, model.root.arguments[name], origin)
        return found

    def arguments(self, definition: Text, train: recipe.Train) -> dict[str, tree.Argument]:
        """What `model = Net(width=64)` of a `train` block gives to parameters."""
        call = ungrouped(self.read("train", train.name)["model"])
        parameters = {p.name.id for p in definition.parameters}
        written = call.arguments if isinstance(call, tree.Call) else ()
        mine = tuple(a for a in written if a.name is None or a.name.id in parameters)
        return bind(definition, mine, call.span)[0]

    def call_parameters(
        self, call: ir.Call, definition: Text, outer: Use
    ) -> dict[str, Named | None]:
        """Of a block, as a call gives them."""
        return self.given(call.arguments, definition, outer)

    def given(
        self, values: Mapping[str, Static], definition: Text, outer: Use | None
    ) -> dict[str, Named | None]:
        """The parameters of a definition, as a use gives them."""
        found: dict[str, Named | None] = {}
        for name, value in values.items():
            known = self.written.parameter(value)
            if known is None:
                found[name] = None
                continue
            giver, e = known
            if giver == "default":
                origin = self.defaults(e, definition, found)
            else:
                origin = self.expression(e, outer, "set" if giver == "set" else None)
            found[name] = Named(f"{definition.name.id}.{name}", value.value, origin)
        return found

    def defaults(
        self,
        e: tree.Expr,
        definition: Text,
        before: Mapping[str, Named | None],
    ) -> Origin:
        """A default, which may read the parameters before it."""
        return Origin("default", e.span, self.names(e, before, bound(definition)))

    # -- models

    def model(self, model: ir.ModelIR, train: recipe.Train | None = None) -> tuple[Part, ...]:
        definition = self.definition(model, model.name)
        parameters = self.model_parameters(model, train)
        own = tuple(p for p in parameters.values() if p is not None)
        root = Use(definition, model.root, parameters, None)
        span = definition.span
        whole = Part(model.name, "model", span.source.name, span.line, own)
        weights = self.weights(model.name, definition.body, root)
        return (whole, *self.layers(model, root), *weights)

    def definition(self, model: ir.ModelIR, name: str) -> Text:
        return self.written.definition(model.definitions[name])

    def layers(self, model: ir.ModelIR, root: Use) -> Iterator[Part]:
        """Every layer with arguments, in order of execution, under its name in the summary."""
        numbers = Numbers.beside(ir.layers(model))

        def inside(use: Use, prefix: ir.Path) -> Iterator[Part]:
            for s in ir.statements(use.instance.body):
                for f in ir.flows(s.value):
                    match f:
                        case ir.Apply(op=op):
                            if f.module is None:
                                name = numbers.name(ir.dotted(*prefix, op.called))
                            else:
                                name = ir.dotted(*prefix, *f.module)
                            if isinstance(op, Extern):
                                values = self.extern_values(op, use)
                                file = use.definition.span.source.name
                                yield Part(name, "extern", file, s.line, values)
                            elif type(op).model_fields:
                                yield self.part(name, op, use, s.line, said(model, name, f))
                        case ir.Call():
                            definition = self.definition(model, f.block)
                            instance = model.instances[f.instance]
                            given = self.call_parameters(f, definition, use)
                            called = Use(definition, instance, given, use)
                            passed = tuple(self.passed(given))
                            if passed:
                                name = ir.dotted(*prefix, *f.module) if f.module else f.block
                                file = use.definition.span.source.name
                                yield Part(name, f.block, file, s.line, passed)
                            yield from inside(called, (*prefix, *f.module))

        return inside(root, ())

    def passed(self, given: Mapping[str, Named | None]) -> Iterator[Named]:
        """The layers that a block is given; its numbers are shown where layers read them."""
        for named in given.values():
            if named is not None and isinstance(named.value, Layer):
                yield Named(named.name, named.origin.text, named.origin)

    def extern_values(self, made: Declared, use: Use | None) -> tuple[Named, ...]:
        """The numbers that a Python function gets; those of an `extern layer` are its block's."""
        known = self.written.extern(made)
        if known is None:
            given = use.arguments.values() if use is not None else ()
            return tuple(n for n in given if n is not None)
        definition, values = known
        found = self.given(values, definition, use)
        return tuple(n for n in found.values() if n is not None)

    # -- settings

    def blocks(self) -> Iterator[Part]:
        for d in self.program.data.values():
            yield from self.block("data", d.name, d, ("source", "split"))
            stages: list[tuple[str, Any]]
            stages = [(f.name, t.transform) for f in d.fields for t in f.transforms]
            stages += [(", ".join(a.fields), t) for a in d.augment for t in a.transforms]
            yield from self.objects(f"data {d.name}", stages, d.line)
        for t in self.program.trains.values():
            absent = {n for n in ("epochs", "steps") if getattr(t, n) is None}
            absent |= {"model", "loss", "optimizer"} if t.rounds else set()
            settings = tuple(n for n in train.TRAIN.settings if n not in absent)
            yield from self.block("train", t.name, t, settings)
            terms = [("loss", term.loss) for term in t.loss]
            metrics = [("metrics", m.metric) for m in t.metrics]
            schedule = [("schedule", phase) for phase in t.schedule]
            yield from self.objects(f"train {t.name}", [*terms, *schedule, *metrics], t.line)
            body = self.declared("train")[t.name].body
            yield from self.weights(f"train {t.name}".rstrip(), body, None)
        for e in self.program.exports.values():
            named = ("train",) if e.train else ()
            yield from self.block("export", e.name, e, ("format", "quantize", "dynamic", *named))
        for g in self.program.generates.values():
            yield from self.block("generate", g.name, g, ("strategy", "start", "end", "limit"))

    def block(self, kind: str, name: str, made: ir.Node, names: Sequence[str]) -> Iterator[Part]:
        """A block's settings, then the objects that are the value of one."""
        given = self.read(kind, name)
        line = self.declared(kind)[name].span.line
        values = []
        names = [n for n in names if n in type(made).model_fields]
        for setting in names:
            e = given.get(setting)
            origin = self.expression(e, None) if e is not None else Origin("default")
            values.append(Named(setting, getattr(made, setting), origin))
        file = self.table.source.name
        yield Part(f"{kind} {name}".rstrip(), "", file, line, tuple(values))
        objects = [(s, getattr(made, s)) for s in names]
        yield from self.objects(f"{kind} {name}", objects, line)

    def weights(self, owner: str, body: tree.Node, use: Use | None) -> Iterator[Part]:
        """What a body says of weights: its patterns, and each setting as it is written, since the
        variable of a loop has many values."""
        for s in (n for n in within(body) if isinstance(n, tree.Weights)):
            patterns = ", ".join(" ".join(p.span.text.split()) for p in s.patterns)
            values = []
            for setting in s.body.statements:
                if isinstance(setting, tree.Assign):
                    origin = self.expression(setting.value, use)
                    values.append(Named(setting.names[0].id, origin.text, origin))
            file, title = s.span.source.name, f"{owner}: weights {patterns}"
            yield Part(title, "", file, s.span.line, tuple(values))

    def objects(self, block: str, found: Sequence[tuple[str, Any]], line: int) -> Iterator[Part]:
        """The objects with arguments among some values of a block."""
        for setting, value in found:
            if self.written.extern(value) is not None:
                named = self.extern_values(value, None)
                title, file = f"{block.rstrip()}: {setting}", self.table.source.name
                yield Part(title, value.name, file, line, named)
            elif isinstance(value, Declared) and type(value).model_fields:
                yield self.part(f"{block.rstrip()}: {setting}", value, None, line)

    def read(self, kind: str, name: str) -> dict[str, tree.Expr]:
        """The expressions of a block's settings."""
        found = read(self.declared(kind)[name], KINDS[kind])
        return {n: a.value for n, a in found.values.items()}

    def declared(self, kind: str) -> Mapping[str, tree.Declaration]:
        return self.table.blocks[kind]
