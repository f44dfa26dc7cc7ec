"""`train` blocks in the IR: every setting with its value, every name resolved."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, get_args

from dlspec.diagnostics import SpecError, nearest
from dlspec.diagnostics.names import UnknownName
from dlspec.diagnostics.train import (
    BadBatch,
    BadSchedule,
    CannotStopOn,
    NothingContinues,
    NothingToLearn,
    NothingUpdated,
    NoValidation,
    OneLength,
)
from dlspec.diagnostics.uses import NotInThisVersion
from dlspec.elaborate.configured import Configured
from dlspec.elaborate.evaluate import Skip
from dlspec.elaborate.feeding import Feeding, KnownData
from dlspec.elaborate.file import FileTable
from dlspec.elaborate.groups import GroupReader
from dlspec.elaborate.kept import frozen, learns, loaded, uses
from dlspec.elaborate.losses import Comparisons
from dlspec.elaborate.objective import Objective, is_sum
from dlspec.elaborate.objects import Objects, callee, dotted, plain, stages
from dlspec.elaborate.patterns import weight_names
from dlspec.elaborate.ragged import arriving, for_rows
from dlspec.elaborate.rounds import Rounds
from dlspec.elaborate.settings import Kind, Settings, head, read
from dlspec.elaborate.values import Kept
from dlspec.expr import fixed
from dlspec.ir import recipe as ir
from dlspec.ir.model import ModelIR
from dlspec.recipe import schedules
from dlspec.recipe.batches import Balanced, Bucketed, Continued
from dlspec.recipe.optimizers import Optimizer
from dlspec.recipe.stops import Patience
from dlspec.syntax import tree
from dlspec.units import Quantity

TRAIN = Kind(
    name="train",
    settings=(
        "data",
        "model",
        "loss",
        "optimizer",
        "schedule",
        "epochs",
        "steps",
        "batch",
        "clip_norm",
        "precision",
        "numerics",
        "seed",
        "metrics",
        "early_stop",
    ),
    required=(
        ("data", "data = digits"),
        ("model", "model = Net()"),
        ("loss", "loss = CrossEntropy(logits, label)"),
        ("optimizer", "optimizer = AdamW(lr=1e-3)"),
        ("epochs", "epochs = 10"),
    ),
    later={
        "average": "`average`",
        "accumulate": "`accumulate`",
        "distill": "`distill`",
    },
    statements=(tree.Weights, tree.If, tree.For, tree.Step),
    wires=True,
    instead={"model": (tree.Let, tree.Step), "loss": (tree.Step,), "optimizer": (tree.Step,)},
    either={"epochs": "steps"},
)
BATCH = 32


class TrainBuilder:
    """Elaborates one `train` block."""

    def __init__(
        self,
        block: tree.Declaration,
        table: FileTable,
        overrides: Mapping[str, tree.Expr],
        objects: Objects,
        data: Mapping[str, KnownData],
        runs: bool = True,
    ) -> None:
        self.block = block
        self.runs = runs
        self.table = table
        self.overrides = overrides
        self.objects = objects
        self.known = data
        self.settings = Settings()
        self.data: KnownData | None = None

    def build(self) -> tuple[ir.Train, ModelIR] | None:
        """The training and its model; None where something is wrong, which `objects` has then."""
        before = self.objects.broken
        self.settings = read(self.block, TRAIN)
        self.objects.problems.extend(self.settings.problems)
        found = Feeding(self.settings, self.table, self.overrides, self.objects, self.known)
        self.data = found.data
        if self.settings.steps:
            return self.rounds(found, before)
        computed = self.objective(found)
        inputs = computed.inputs if computed is not None else found.inputs()
        comparable = computed.comparable() if computed is not None else found.comparable()
        comparisons = Comparisons(self.objects, comparable)
        loss_e, metrics_e = self.settings.get("loss"), self.settings.get("metrics")
        loss: list[ir.LossTerm] = []
        if computed is not None:
            loss = computed.terms()
        elif loss_e is not None:
            loss = comparisons.loss(loss_e)
        implied = {t.output: t.loss.activation for t in reversed(loss)}
        if computed is not None:
            implied = computed.activations()
        metrics = comparisons.metrics(metrics_e, implied) if metrics_e is not None else []
        step = computed.step(metrics) if computed is not None else None
        model = computed.model if computed is not None else found.model
        layer = computed.layer if computed is not None else found.layer
        whole = layer.kept if layer is not None else None
        optimizer = self.object("optimizer")
        kept = list(uses(model, whole)) if model is not None else []
        complete = len(metrics) == len(self.items("metrics"))
        values = self.values() | {
            "optimizer": optimizer,
            "groups": self.groups(model, optimizer, kept),
            "loaded": loaded(kept),
            "early_stop": self.early_stop(("val.loss",), metrics, complete),
        }
        if values.get("continued"):
            self.check_continued(model)
        broken = self.objects.broken > before or not self.settings.complete
        if broken or model is None or found.data is None or found.data.ir is None:
            return None
        if computed is not None and step is None:
            return None
        lengths = found.lengths
        with self.objects.collecting():
            e = self.settings.get("model") or self.settings.get("loss")
            if computed is not None and step is not None:
                lengths = computed.lengths(step)
                parts, rows = computed.models, found.data.ir.ragged
                span = e.span if e is not None else None
                model, (step,) = for_rows(model, [step], parts, lengths, rows, span)
                inputs = inputs | computed.told(model)
            if self.runs and not learns(model):
                raise SpecError(NothingToLearn(e.span if e is not None else None, model.name))
        if self.objects.broken > before:
            return None
        train = ir.Train(
            name=self.block.name.id if self.block.name else "",
            data=found.data_name,
            model=model.name,
            inputs=inputs,
            networks=computed.names if computed is not None else (),
            counted=found.counted,
            lengths=lengths,
            loss=tuple(loss),
            step=step,
            metrics=tuple(metrics),
            doc=self.block.doc,
            line=self.block.span.line,
            **values,
        )
        return train, model

    def values(self) -> dict[str, Any]:
        """The settings of any run."""
        epochs = self.whole("epochs", least=1)
        return {
            "schedule": self.schedule(epochs),
            "epochs": epochs,
            "steps": self.whole("steps", least=1),
            **self.batches(),
            "seed": self.whole("seed", least=0, default=0, most=2**32 - 1),
            "clip_norm": self.clip_norm(),
            "precision": self.word("precision", "auto"),
            "numerics": self.word("numerics", "native"),
        }

    def rounds(self, found: Feeding, before: int) -> tuple[ir.Train, ModelIR] | None:
        """A training in `step`s."""
        given = (self.block, self.settings, self.table, self.overrides, self.objects)
        made = Rounds(*given, found)
        broken = self.objects.broken > before
        losses = tuple(f"val.{step.name}.loss" for step in made.made)
        values = self.values() | {
            "loaded": loaded(made.kept),
            "groups": self.groups(made.model, None, list(made.kept)),
            "early_stop": self.early_stop(losses, made.metrics, not broken),
        }
        if values.get("continued"):
            self.check_continued(None)
        broken = self.objects.broken > before or not self.settings.complete
        if broken or made.model is None or found.data is None or found.data.ir is None:
            return None
        self.check_learned(made, made.model, values["groups"])
        model, steps, rows = made.model, made.made, found.data.ir.ragged
        lengths = arriving(steps, made.models, rows)
        with self.objects.collecting():
            parts, span = made.models, head(self.block)
            model, steps = for_rows(model, steps, parts, lengths, rows, span)
        if self.objects.broken > before:
            return None
        train = ir.Train(
            name=self.block.name.id if self.block.name else "",
            data=found.data_name,
            model=model.name,
            inputs={},
            networks=made.names,
            lengths=lengths,
            loss=(),
            rounds=steps,
            metrics=tuple(made.metrics),
            doc=self.block.doc,
            line=self.block.span.line,
            **values,
        )
        return train, model

    def check_learned(self, made: Rounds, model: ModelIR, groups: tuple[ir.Group, ...]) -> None:
        """Whether each step updates something."""
        still = {name for group in groups if group.frozen is None for name in group.weights}
        names = tuple(weight_names(model))
        written = {s.name.id: s for s in self.settings.steps}
        for step in made.made:
            if still.issuperset(made.learned(step, names)):
                problem = NothingUpdated(head(written[step.name]), step.name)
                self.objects.problems.append(problem)

    def objective(self, found: Feeding) -> Objective | None:
        """What is computed of a batch, where that is more than a sum of losses."""
        e = self.settings.get("loss")
        names = found.fields.keys() | {
            n for n, _ in (found.model.root.outputs if found.model else ())
        }
        plain = e is None or is_sum(e, {n for n in names if n is not None})
        stateful = found.model is not None and bool(found.model.root.states)
        data = found.data.ir if found.data is not None else None
        told = stateful or (data is not None and bool(data.ragged))
        if plain and not self.settings.wires and not found.computed and not told:
            return None
        given = (self.block, self.settings, self.table, self.overrides, self.objects)
        return Objective(*given, found)

    # -- settings

    def groups(
        self, model: ModelIR | None, optimizer: Optimizer | None, kept: Iterable[tuple[str, Kept]]
    ) -> tuple[ir.Group, ...]:
        """What `weights` says of some of them, and `frozen` of a block."""
        paths = frozen(kept)
        if model is None or not (self.settings.statements or paths):
            return ()
        e, steps = self.settings.get("optimizer"), bool(self.settings.steps)
        said = e.span if e is not None else None
        reader = GroupReader(self.objects, model, optimizer, paths, steps, said)
        return reader.groups(self.settings.statements, head(self.block))

    def object(self, place: str) -> Any:
        e = self.settings.get(place)
        if e is not None:
            with self.objects.collecting():
                return self.objects.object(place, e).made
        return None

    def whole(
        self, name: str, least: int, default: int | None = None, most: int | None = None
    ) -> int | None:
        e = self.settings.get(name)
        if e is None:
            return default
        expected = f"a whole number of at least {least}"
        if most is not None:
            expected = f"a whole number from {least} to {most}"
        with self.objects.collecting():
            if (later := callee(e)) is not None and isinstance(e, tree.Call):
                raise SpecError(NotInThisVersion(e.span, f"`{name} = {later.id}(...)`"))
            value = self.objects.value(e)
            whole = int(value) if isinstance(value, float) and value.is_integer() else value
            fits = isinstance(whole, int) and not isinstance(whole, bool) and whole >= least
            if not fits or (most is not None and whole > most):
                number = value.value if isinstance(value, Quantity) else None
                hint = f"write `{name} = {number}`" if number is not None else ""
                raise self.objects.wrong(name, e, expected, hint)
            return whole
        return None

    def batches(self) -> dict[str, Any]:
        """The rows of a batch: how many, and which, where they are not any."""
        e = self.settings.get("batch")
        if e is None or callee(e) is None or not isinstance(e, tree.Call):
            return {"batch": self.whole("batch", least=1, default=BATCH)}
        with self.objects.collecting():
            found = self.objects.object("batch", e, self.field_of_a_row)
            if isinstance(found.made, Continued):
                return {"batch": found.made.count, "continued": True}
            if isinstance(found.made, Bucketed):
                self.check_lengths(found)
                return {"batch": found.made.size, "bucketed": found.made}
            made: Balanced = found.made
            assert self.data is not None and self.data.ir is not None
            t = self.data.ir.field(made.by).type
            if t.dtype != "class" or t.shape:
                what = f"`{made.by}` is {t}, not one class for each row"
                raise SpecError(BadBatch(found.span("by", e.span), what))
            count = t.classes
            if count is not None and made.classes > count:
                what = f"`{made.by}` has {count} classes"
                raise SpecError(BadBatch(found.span("classes", e.span), what))
            return {"batch": made.size, "balanced": made}
        return {"batch": None}

    def check_lengths(self, found: Configured[Any]) -> None:
        """Whether rows differ in a field by which they come together. Raises SpecError."""
        assert self.data is not None and self.data.ir is not None
        name = found.made.by
        t = self.data.ir.field(name).type
        if all(map(fixed, t.shape)):
            e = self.settings.get("batch")
            assert e is not None
            raise SpecError(OneLength(found.span("by", e.span), name, str(t)))

    def field_of_a_row(self, argument: str, e: tree.Expr) -> str:
        """The name of a field. Raises SpecError."""
        if self.data is None or self.data.ir is None:
            raise Skip
        known = {f.name: f.type for f in self.data.ir.fields}
        if not isinstance(e, tree.Name):
            raise self.objects.wrong(argument, e, "the name of a field")
        if e.id not in known:
            near = nearest(e.id, known)
            raise SpecError(UnknownName(e.span, e.id, "field", near, tuple(known)))
        return e.id

    def check_continued(self, model: ModelIR | None) -> None:
        """Whether there is something that goes on from batch to batch."""
        e, several = self.settings.get("batch"), self.settings.get("steps")
        assert e is not None
        with self.objects.collecting():
            if several is not None or self.settings.steps or self.settings.get("model") is None:
                what = "`continued` batches of a run of `steps`, or of networks that `let` makes"
                raise SpecError(NotInThisVersion(e.span, what))
            if model is not None and not model.root.states:
                raise SpecError(NothingContinues(e.span, model.name))
            types = dict(model.root.inputs) if model is not None else {}
            if model is not None and any(types[n].dtype != "f32" for n in model.root.states):
                what = "`continued` batches of a model with a state that is not f32"
                raise SpecError(NotInThisVersion(e.span, what))

    def clip_norm(self) -> float | None:
        e = self.settings.get("clip_norm")
        if e is None:
            return None
        with self.objects.collecting():
            value = self.objects.value(e)
            if isinstance(value, bool) or not isinstance(value, int | float) or value <= 0:
                raise self.objects.wrong("clip_norm", e, "a number above 0")
            return float(value)
        return None

    def word(self, name: str, default: str) -> str:
        """A setting that is one of several words."""
        e = self.settings.get(name)
        if e is None:
            return default
        words = get_args(ir.Train.model_fields[name].annotation)
        with self.objects.collecting():
            value = self.objects.value(e)
            if value not in words:
                near = nearest(value, words) if isinstance(value, str) else None
                hint = f"did you mean `{near}`?" if near else ""
                raise self.objects.wrong(name, e, f"one of {', '.join(words)}", hint)
            return str(value)
        return default

    def schedule(self, epochs: int | None) -> tuple[schedules.Schedule, ...]:
        e = self.settings.get("schedule")
        if e is None:
            return (schedules.Constant(),)
        start, chain = stages(e)
        written: list[tree.Expr | tree.Stage] = [start, *chain]
        made = []
        for stage in written:
            with self.objects.collecting():
                phase = plain(stage) if isinstance(stage, tree.Stage) else stage
                made.append(self.objects.object("schedule", phase))
        found = tuple(m.made for m in made)
        if epochs is not None and len(found) == len(written):
            for i, problem in schedules.problems(found, epochs):
                span = made[i].span(problem.parameter, written[i].span)
                self.objects.problems.append(BadSchedule(span, problem.what, problem.help))
        return found

    def early_stop(
        self, losses: tuple[str, ...], metrics: list[ir.MetricUse], complete: bool
    ) -> Patience | None:
        """When to stop; `complete` says that none of the metrics is broken."""
        e = self.settings.get("early_stop")
        if e is None:
            return None
        with self.objects.collecting():
            found = self.objects.object("early_stop", e, self.watched)
            data = self.data
            if data is not None and data.ir is not None and "val" not in data.ir.split.shares():
                raise SpecError(NoValidation(e.span, data.ir.name, data.split))
            known = (*losses, *(f"val.{m.name}" for m in metrics if m.metric.scalar))
            made: Patience = found.made
            on = made.on
            if on not in known and complete:
                span = found.span("on", e.span)
                raise SpecError(CannotStopOn(span, on, known, nearest(on, known)))
            return made
        return None

    def items(self, name: str) -> tuple[tree.Expr, ...]:
        """The elements of a setting that is a list."""
        e = self.settings.get(name)
        return e.items if isinstance(e, tree.List) else ()

    def watched(self, argument: str, e: tree.Expr) -> str:
        name = dotted(e)
        if name is None:
            raise self.objects.wrong(argument, e, "`val.loss`, or a metric such as `val.accuracy`")
        return name
