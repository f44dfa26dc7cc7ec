"""`export` blocks in the IR: which model, which format, and what it may cost."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, get_args

from dlspec.diagnostics import SpecError, nearest
from dlspec.diagnostics.export import (
    BadLimit,
    BadRows,
    CannotExport,
    CannotHold,
)
from dlspec.diagnostics.externs import NotForThisBackend
from dlspec.diagnostics.names import UnknownName
from dlspec.diagnostics.recipe import SettingTwice
from dlspec.diagnostics.uses import NotInThisVersion
from dlspec.elaborate.limits import limits
from dlspec.elaborate.objects import Objects
from dlspec.elaborate.settings import Kind, Settings, head, read
from dlspec.elaborate.values import describe
from dlspec.elaborate.which import trained, which_network
from dlspec.expr import Ref, origin
from dlspec.ir import recipe as ir
from dlspec.ir.externs import MAKERS, missing
from dlspec.ir.model import Apply, ModelIR, Scan, layers, within
from dlspec.ir.networks import held
from dlspec.length import Dynamic
from dlspec.ops.base import FORMATS as NAMES
from dlspec.ops.base import Refusal
from dlspec.recipe.rows import Rows
from dlspec.source import Span
from dlspec.syntax import tree

EXPORT = Kind(
    name="export",
    settings=("format", "quantize", "dynamic", "train", "model", "budget"),
    required=(("format", "format = onnx"),),
    later={"device": "`device`", "prune": "`prune`"},
    later_statements={
        tree.If: "`if` in an `export` block",
        tree.For: "`for` in an `export` block",
        tree.Let: "`let` in an `export` block",
    },
    sections=("budget",),
)
FORMATS = get_args(ir.Export.model_fields["format"].annotation)
LATER_FORMATS = ("coreml", "executorch", "c", "tflm")
PARTS = ("train", "val", "test")


class ExportBuilder:
    """Elaborates one `export` block. `trains` has None for a block that is broken; `trained` has
    the model of each that is whole."""

    def __init__(
        self,
        block: tree.Declaration,
        objects: Objects,
        trains: Mapping[str, ir.Train | None],
        trained: Mapping[str, ModelIR],
    ) -> None:
        self.block = block
        self.objects = objects
        self.trains = trains
        self.models = trained
        self.settings = Settings()
        self.train: ir.Train | None = None

    def build(self) -> ir.Export | None:
        """The export; None where something is wrong, which `objects` has then."""
        before = self.objects.broken
        self.settings = read(self.block, EXPORT)
        self.objects.problems.extend(self.settings.problems)
        with self.objects.collecting():
            self.train = trained(self.block, self.settings, self.objects, self.trains)
        format_ = self.format()
        quantize = self.quantize(format_)
        network = ""
        if self.train is not None and self.train.networks:
            with self.objects.collecting():
                network = which_network(self.block, self.settings, self.train)
            if not network:
                return None
        sizes = self.sizes(network)
        dynamic = self.dynamic(format_, network, sizes)
        if self.train is not None and format_ is not None:
            model = self.models[self.train.name]
            model = held(model)[network].model if network else model
            self.objects.problems.extend(self.refused(model, format_))
            models = (model, *(step.graph for step in self.train.graphs))
            self.objects.problems.extend(self.not_named(models, format_))
            self.objects.problems.extend(self.taken(model, format_))
            names = {size: name for name, size in sizes.items() if size in dynamic}
            self.objects.problems.extend(self.loops(model, quantize is not None, names))
        section, wrong = self.settings.sections.get("budget"), self.settings.get("budget")
        if wrong is not None:
            hint = "write `budget { size <= 60 KB }`"
            braces = BadLimit(wrong.span, "a budget stands in braces", hint)
            self.objects.problems.append(braces)
        budget = limits(section.body, self.objects, self.train) if section else ()
        if self.objects.broken > before or not self.settings.complete:
            return None
        if self.train is None or format_ is None:
            return None
        return ir.Export(
            name=self.block.name.id if self.block.name else "",
            train=self.train.name,
            network=network,
            format=format_,
            quantize=quantize,
            dynamic=dynamic,
            budget=budget,
            doc=self.block.doc,
            line=self.block.span.line,
        )

    def format(self) -> Any:
        e = self.settings.get("format")
        if e is None:
            return None
        with self.objects.collecting():
            value = self.objects.value(e)
            if value in LATER_FORMATS:
                raise SpecError(NotInThisVersion(e.span, f"the format `{value}`"))
            if value not in FORMATS:
                near = nearest(value, FORMATS) if isinstance(value, str) else None
                hint = f"did you mean `{near}`?" if near else ""
                raise self.objects.wrong("format", e, f"one of {', '.join(FORMATS)}", hint)
            return value
        return None

    def refused(self, model: ModelIR, format_: str) -> Iterator[CannotHold]:
        """What the file cannot hold, each reason once with all its layers."""
        found: dict[tuple[str, Refusal], dict[str, None]] = {}
        for layer in layers(model, training=False):
            x = (flow.types[0] for flow in layer.apply.inputs)
            for refusal in layer.apply.op.refused(format_, *x):
                places = found.setdefault((layer.apply.op.kind(), refusal), {})
                places[f"{layer.name} (line {layer.line})"] = None
        e = self.settings.get("format")
        span = e.span if e is not None else head(self.block)
        for (kind, r), places in found.items():
            yield CannotHold(span, NAMES[format_], kind, r.when, r.reason, tuple(places), r.help)

    def not_named(self, models: Iterable[ModelIR], format_: str) -> Iterator[NotForThisBackend]:
        """The Python functions that the program which makes the file would lack."""
        e = self.settings.get("format")
        span = e.span if e is not None else head(self.block)
        for op, line in missing(models, MAKERS[format_]):
            backend, named = MAKERS[format_], op.backends
            yield NotForThisBackend(span, op.name, backend, named, line, NAMES[format_])

    def taken(self, model: ModelIR, format_: str) -> Iterator[CannotExport]:
        """The one name that TensorFlow's functions keep for themselves."""
        e = self.settings.get("format")
        if format_ == "tflite" and e is not None and any(n == "self" for n, _ in model.root.fed):
            what = "a TFLite file cannot have an input `self`"
            reason = "TensorFlow's functions keep that name for themselves"
            yield CannotExport(e.span, what, reason, "rename the input")

    def loops(
        self, model: ModelIR, quantized: bool, dynamic: Mapping[str, str]
    ) -> Iterator[CannotExport]:
        """What the exporters cannot do with steps that a program goes through itself; `dynamic` has
        the sizes that stay open, as they are written."""
        found = tuple(_steps(model))
        e = self.settings.get("quantize")
        if quantized and e is not None:
            if any(kind == "`Scan`" for kind, _ in found):
                reason = "TensorFlow's converter crashes on such loops in int8"
                yield CannotExport(e.span, "a `Scan` cannot be quantized", reason, "leave it out")
            made = (layer.apply.op for layer in layers(model, training=False))
            op = next((op for op in made if "SCATTER_ND" in op.tflite), None)
            if op is not None:
                what = f"a `{op.kind()}` cannot be quantized"
                reason = "in int8 its SCATTER_ND fills with the integer 0, which is another number"
                yield CannotExport(e.span, what, reason, "leave it out")
        for kind, size in found:
            names = size.length.names & dynamic.keys() if isinstance(size, Dynamic) else ()
            for name in sorted(names):
                e = self.settings.get("dynamic")
                assert e is not None
                what = f"the number of steps of {kind} is fixed in an ONNX file"
                reason = "PyTorch's exporter writes them out one by one"
                yield CannotExport(e.span, what, reason, f"leave `{dynamic[name]}` out")
                return

    def quantize(self, format_: str | None) -> Any:
        e = self.settings.get("quantize")
        if e is None:
            return None
        with self.objects.collecting():
            made = self.objects.object("quantize", e, self.rows).made
            self.check_fed(e.span)
            if format_ == "onnx":
                raise SpecError(NotInThisVersion(e.span, "`int8` in an ONNX file", "use tflite"))
            return made
        return None

    def check_fed(self, span: Span) -> None:
        """Whether rows of the data are all that the model reads. Raises SpecError."""
        train = self.train
        if train is None or not train.graphs or train.name not in self.models:
            return
        computed = [n for n, _ in self.models[train.name].root.inputs if n not in train.inputs]
        if computed:
            what = f"`int8` of a model whose input `{computed[0]}` is computed in training"
            raise SpecError(NotInThisVersion(span, what))

    def rows(self, argument: str, e: tree.Expr) -> Rows:
        """`digits.train[:256]`: rows of the data that the model was trained on."""
        start, stop, part = 0, None, e
        if isinstance(e, tree.Index):
            start, stop = self.bounds(e)
            part = e.value
        match part:
            case tree.Attribute(value=tree.Name() as data, name=name):
                self.check_part(data, name)
                return Rows(data.id, name.id, start, stop)  # type: ignore[arg-type]
        raise SpecError(BadRows(e.span, f"`{argument}` takes rows of the training data"))

    def check_part(self, data: tree.Name, name: tree.Name) -> None:
        if name.id not in PARTS:
            near = nearest(name.id, PARTS)
            raise SpecError(UnknownName(name.span, name.id, "part of the data", near, PARTS))
        if name.id == "test":
            hint = f"write `{data.id}.train`"
            what = "test rows may not shape a model: they are for its evaluation"
            raise SpecError(BadRows(name.span, what, hint))
        if self.train is not None and data.id != self.train.data:
            what = f"the model is trained on `{self.train.data}`, not on `{data.id}`"
            raise SpecError(BadRows(data.span, what, f"write `{self.train.data}.{name.id}`"))

    def bounds(self, e: tree.Index) -> tuple[int, int | None]:
        match e.subscripts:
            case (tree.Slice(start=first, stop=last, step=None),):
                start = 0 if first is None else self.index(first)
                stop = None if last is None else self.index(last)
                if stop is not None and stop <= start:
                    raise SpecError(BadRows(e.span, "these are no rows"))
                return start, stop
        raise SpecError(BadRows(e.span, "rows are named by a slice"))

    def index(self, e: tree.Expr) -> int:
        value = self.objects.evaluator.value(e, self.objects.scope).value
        if isinstance(value, bool) or not isinstance(value, int) or value < 0:
            what = f"a row is a whole number from 0 on, not {describe(value)}"
            raise SpecError(BadRows(e.span, what))
        return value

    def sizes(self, network: str) -> dict[str, str]:
        """The dynamic sizes of the inputs, as they are written, and what they are called in the
        model that holds a network."""
        train = self.train
        if train is None or not network:
            return {n: n for n in train.lengths} if train is not None else {}
        inputs = held(self.models[train.name])[network].model.root.inputs
        every = (size for _, t in inputs for size in t.shape if str(size) in train.lengths)
        return {made.name: str(size) for size in every if isinstance(made := origin(size), Ref)}

    def dynamic(
        self, format_: str | None, network: str, sizes: Mapping[str, str]
    ) -> tuple[Any, ...]:
        e = self.settings.get("dynamic")
        if e is None:
            return ()
        with self.objects.collecting():
            if not isinstance(e, tree.List):
                raise self.objects.wrong("dynamic", e, "a list of axes: `[batch]`")
            found: dict[str, tree.Name] = {}
            for item in e.items:
                name = self.axis(item, network, sizes)
                if name.id in found:
                    raise SpecError(SettingTwice(name.span, name.id, found[name.id].span))
                found[name.id] = name
            if e.items and format_ == "tflite":
                reason = "TFLite's kernels of recurrent layers have no dynamic batch"
                what = "a TFLite file takes one example at a time"
                if "batch" not in found:
                    what = "the sizes in a TFLite file are fixed"
                    reason = "an interpreter for small devices plans its memory before it runs"
                raise SpecError(CannotExport(e.span, what, reason, "leave `dynamic` out"))
            return tuple(sizes.get(name, name) for name in found)
        return ()

    def axis(self, e: tree.Expr, network: str, sizes: Mapping[str, str]) -> tree.Name:
        """`batch`, or a dynamic size of the model's inputs. Raises SpecError."""
        if not isinstance(e, tree.Name):
            raise self.objects.wrong("dynamic", e, "names of axes: `[batch]`")
        if self.train is not None and e.id not in ("batch", *sizes):
            known = ("batch", *sizes)
            what = f"dynamic size of {network or self.models[self.train.name].name}"
            raise SpecError(UnknownName(e.span, e.id, what, nearest(e.id, known), known))
        return e


def _steps(model: ModelIR) -> Iterator[tuple[str, int]]:
    """The recurrences that a PyTorch program goes through step by step, and how many steps."""
    for instance in model.instances:
        for f in within(instance.body):
            if isinstance(f, Scan):
                yield "`Scan`", f.steps
            elif isinstance(f, Apply) and (argument := getattr(f.op, "unrolled", "")):
                yield f"{f.op.kind()}({argument})", f.inputs[0].types[0].shape[0]
