"""Trainings: inputs, losses, metrics, schedules, early stopping (DLS420 to DLS439)."""

from __future__ import annotations

from collections.abc import Iterable

from dlspec.diagnostics.base import Diagnostic, Label
from dlspec.frozen import frozen
from dlspec.source import Span


@frozen
class InputNotFed(Diagnostic):
    """An input of the model that no field feeds. Fields feed the inputs of the same name."""

    code = "DLS420"
    name: str
    model: str
    data: str
    fields: tuple[str, ...]
    declared: Span | None

    @property
    def title(self) -> str:
        return f"no field of `{self.data}` feeds the input `{self.name}` of {self.model}"

    @property
    def label(self) -> str:
        return f"its fields are: {', '.join(self.fields) or 'none'}"

    @property
    def related(self) -> Iterable[Label]:
        return (Label(self.declared, "the input"),) if self.declared else ()

    @property
    def help(self) -> str:
        field = self.fields[0] if self.fields else "field"
        return f"rename one of them, or write `{self.model}({self.name}={field})`"


@frozen
class InputDoesNotFit(Diagnostic):
    """A field whose shape or dtype is not that of the input that it feeds."""

    code = "DLS421"
    name: str
    model: str
    expected: str
    field: str
    found: str
    places: tuple[Label, ...] = ()
    hint: str = ""

    @property
    def title(self) -> str:
        return f"field `{self.field}` does not fit the input `{self.name}` of {self.model}"

    @property
    def label(self) -> str:
        return f"{self.found} for {self.expected}"

    @property
    def related(self) -> Iterable[Label]:
        return self.places

    @property
    def help(self) -> str:
        return self.hint


@frozen
class DoesNotCompare(Diagnostic):
    """A loss or metric that cannot compare its output with its target."""

    code = "DLS422"
    what: str
    places: tuple[Label, ...] = ()
    hint: str = ""

    @property
    def title(self) -> str:
        return self.what

    @property
    def related(self) -> Iterable[Label]:
        return self.places

    @property
    def help(self) -> str:
        return self.hint


@frozen
class NotALoss(Diagnostic):
    """A loss is one number for the batch, or for each example, that a network computes:
    `CrossEntropy(a, b) + 0.3 * Huber(c, d)`."""

    code = "DLS423"
    found: str
    hint: str = "write `CrossEntropy(output, field)`, or an expression of such"

    @property
    def title(self) -> str:
        return "this is not a loss"

    @property
    def label(self) -> str:
        return self.found

    @property
    def help(self) -> str:
        return self.hint


@frozen
class WrongOperands(Diagnostic):
    """Losses and metrics take an output of the model, then a field of the data."""

    code = "DLS424"
    owner: str
    what: str
    hint: str = ""

    @property
    def title(self) -> str:
        return f"{self.owner} compares an output of the model with a field of the data"

    @property
    def label(self) -> str:
        return self.what

    @property
    def help(self) -> str:
        return self.hint


@frozen
class BadSchedule(Diagnostic):
    """Phases of a schedule that cannot follow each other, or do not fit the run."""

    code = "DLS425"
    what: str
    hint: str = ""

    @property
    def title(self) -> str:
        return self.what

    @property
    def help(self) -> str:
        return self.hint


@frozen
class CannotStopOn(Diagnostic):
    """Early stopping watches `val.loss`, or a metric of the block that is one number."""

    code = "DLS426"
    found: str
    known: tuple[str, ...]
    suggestion: str | None = None

    @property
    def title(self) -> str:
        return f"early stopping cannot watch `{self.found}`"

    @property
    def label(self) -> str:
        return f"did you mean `{self.suggestion}`?" if self.suggestion else ""

    @property
    def help(self) -> str:
        return f"it can watch: {', '.join(self.known)}"


@frozen
class NothingContinues(Diagnostic):
    """`batch = continued(20)` passes the state of a model from batch to batch, so the model must
    have one."""

    code = "DLS433"
    model: str

    @property
    def title(self) -> str:
        return f"{self.model} has no state that could go on from batch to batch"

    @property
    def help(self) -> str:
        return "give it one, `state h: f32[64] = 0` and `next h = ...`, or write `batch = 20`"


@frozen
class NoValidation(Diagnostic):
    """Early stopping needs rows for validation."""

    code = "DLS427"
    data: str
    split: Span | None

    @property
    def title(self) -> str:
        return f"early stopping needs validation rows, and `{self.data}` has none"

    @property
    def related(self) -> Iterable[Label]:
        return (Label(self.split, "the split"),) if self.split else ()

    @property
    def help(self) -> str:
        return "give some to the split: `val=15 %`"


@frozen
class ActivatedTwice(Diagnostic):
    """A loss that takes logits gets what an activation has made of them.

    Probabilities make training slow, and are rarely what was meant; behind a ReLU no class can be
    thought less likely than the others.
    """

    code = "DLS428"
    severity = "warning"
    loss: str
    output: str
    layer: str
    contained: bool = True
    """Whether the loss contains this activation."""

    @property
    def title(self) -> str:
        return f"{self.loss} takes logits, and `{self.output}` comes from {self.layer}"

    @property
    def help(self) -> str:
        if not self.contained:
            return f"leave the {self.layer} out: logits are any numbers"
        return f"leave the {self.layer} out: the loss contains it, and `predict` applies it"


@frozen
class NothingTrained(Diagnostic):
    """All weights are frozen when the run begins."""

    code = "DLS429"

    @property
    def title(self) -> str:
        return "every weight is frozen in the first epoch"

    @property
    def help(self) -> str:
        return "leave some out, such as those of the last layer"


@frozen
class NothingToLearn(Diagnostic):
    """A model that is trained has weights that an optimizer can move."""

    code = "DLS435"
    model: str

    @property
    def title(self) -> str:
        return f"{self.model} has no weights to train"

    @property
    def help(self) -> str:
        return "give it a layer that learns, such as Dense, or a Parameter"


@frozen
class CannotDifferentiate(Diagnostic):
    """`gradient(y, x)` is how the sum of y changes with x: a wire that y is computed from, without
    `stop_gradient` on the way."""

    code = "DLS430"
    found: str
    hint: str = ""

    @property
    def title(self) -> str:
        return "there is no such derivative"

    @property
    def label(self) -> str:
        return self.found

    @property
    def help(self) -> str:
        return self.hint


@frozen
class BadBatch(Diagnostic):
    """Batches with equally many rows of each of some classes go by a field that is one class for
    each row, and has as many classes as a batch takes."""

    code = "DLS431"
    what: str

    @property
    def title(self) -> str:
        return "a batch cannot be balanced so"

    @property
    def label(self) -> str:
        return self.what

    @property
    def help(self) -> str:
        return "write `batch = balanced(64, by=label, classes=8)`, with a field `label: class[10]`"


@frozen
class OneLength(Diagnostic):
    """Batches of rows of nearly one length go by a field on one of whose axes rows differ."""

    code = "DLS434"
    field: str
    type: str

    @property
    def title(self) -> str:
        return f"rows of `{self.field}` do not differ in length"

    @property
    def label(self) -> str:
        return f"it is {self.type}"

    @property
    def help(self) -> str:
        return "take a field with a size such as `T <= 400`, or write `batch = 64`"


@frozen
class NothingUpdated(Diagnostic):
    """All weights of the networks that a step updates are frozen for ever."""

    code = "DLS436"
    step: str

    @property
    def title(self) -> str:
        return f"step `{self.step}` updates nothing: all its weights are frozen"

    @property
    def help(self) -> str:
        return "call a frozen network in the steps of others, and leave its own step out"


@frozen
class BesideOptimizer(Diagnostic):
    """A setting of weights that says again, or denies, what their own optimizer says."""

    code = "DLS437"
    name: str
    optimizer: str
    first: Span

    @property
    def title(self) -> str:
        return f"`{self.name}` stands beside an `optimizer` of these weights"

    @property
    def label(self) -> str:
        said = {
            "lr_scale": f"{self.optimizer} has an `lr` of its own",
            "weight_decay": f"{self.optimizer} has a `weight_decay` of its own",
        }
        return said.get(self.name, "weights that are frozen for ever have no optimizer")

    @property
    def related(self) -> Iterable[Label]:
        return (Label(self.first, "their optimizer"),)

    @property
    def help(self) -> str:
        hints = {
            "lr_scale": f"write the rate itself: `{self.optimizer}(lr=...)`",
            "weight_decay": f"write it as an argument: `{self.optimizer}(weight_decay=...)`",
        }
        return hints.get(self.name, "leave one of both out, or write `frozen = until(1 epoch)`")


@frozen
class OptimizerUnused(Diagnostic):
    """An optimizer of a block in which all weights that learn have one of their own."""

    code = "DLS438"

    @property
    def title(self) -> str:
        return "no weight is left for the optimizer of this block"

    @property
    def label(self) -> str:
        return "all weights that learn have one of their own"

    @property
    def help(self) -> str:
        return "write one of those here, and leave it out of its `weights`"
