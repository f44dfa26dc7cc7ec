"""Data, training and exports that do not fit together (DLS400 to DLS499)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from dlspec.diagnostics.base import Diagnostic, Fix, Label
from dlspec.source import Span

# --- settings ---------------------------------------------------------------------------------


@dataclass(frozen=True)
class UnknownSetting(Diagnostic):
    """A setting that a block does not have."""

    code = "DLS400"
    name: str
    where: str
    known: tuple[str, ...]
    suggestion: str | None = None

    @property
    def title(self) -> str:
        return f"{self.where} has no setting `{self.name}`"

    @property
    def label(self) -> str:
        return f"did you mean `{self.suggestion}`?" if self.suggestion else ""

    @property
    def help(self) -> str:
        return f"the settings are: {', '.join(self.known)}"

    @property
    def fix(self) -> Fix | None:
        return Fix(self.span, self.suggestion) if self.suggestion and self.span else None


@dataclass(frozen=True)
class MissingSetting(Diagnostic):
    """A setting that a block needs: data, model and loss are never guessed."""

    code = "DLS401"
    where: str
    names: tuple[str, ...]
    example: str

    @property
    def title(self) -> str:
        *first, last = [f"`{n}`" for n in self.names]
        return f"{self.where} needs {', '.join(first)}{' and ' if first else ''}{last}"

    @property
    def help(self) -> str:
        return f"add: {self.example}"


@dataclass(frozen=True)
class SettingTwice(Diagnostic):
    """A setting that a block has twice: neither would be the obvious one."""

    code = "DLS402"
    name: str
    first: Span

    @property
    def title(self) -> str:
        return f"`{self.name}` is set twice"

    @property
    def label(self) -> str:
        return "again here"

    @property
    def related(self) -> Iterable[Label]:
        return (Label(self.first, "first here"),)


@dataclass(frozen=True)
class WrongSetting(Diagnostic):
    """A setting with a value that it does not take: another kind of value, unit or range."""

    code = "DLS403"
    name: str
    expected: str
    found: str
    hint: str = ""

    @property
    def title(self) -> str:
        return f"`{self.name}` takes {self.expected}"

    @property
    def label(self) -> str:
        return f"this is {self.found}" if self.found else ""

    @property
    def help(self) -> str:
        return self.hint


# --- data -------------------------------------------------------------------------------------


@dataclass(frozen=True)
class UnknownColumn(Diagnostic):
    """A column that the source does not have."""

    code = "DLS410"
    name: str
    source: str
    known: tuple[str, ...]
    suggestion: str | None = None

    @property
    def title(self) -> str:
        return f'{self.source} has no column "{self.name}"'

    @property
    def label(self) -> str:
        return f'did you mean "{self.suggestion}"?' if self.suggestion else ""

    @property
    def help(self) -> str:
        more = f" and {len(self.known) - 12} more" if len(self.known) > 12 else ""
        return f"the columns are: {', '.join(self.known[:12])}{more}"


@dataclass(frozen=True)
class FieldDoesNotMatch(Diagnostic):
    """A field whose declared type is not what its columns and transforms give."""

    code = "DLS411"
    name: str
    expected: str
    found: str
    value: Span
    trail: tuple[str, ...] = ()
    hint: str = ""

    @property
    def title(self) -> str:
        return f"field `{self.name}` is declared as {self.expected}"

    @property
    def label(self) -> str:
        return "declared here"

    @property
    def related(self) -> Iterable[Label]:
        return (Label(self.value, f"this gives {self.found}"),)

    @property
    def notes(self) -> Iterable[str]:
        return self.trail

    @property
    def help(self) -> str:
        return self.hint


@dataclass(frozen=True)
class TransformDoesNotFit(Diagnostic):
    """A transform or an augmentation that a value of this type cannot go through."""

    code = "DLS412"
    what: str
    origin: Label | None = None
    hint: str = ""

    @property
    def title(self) -> str:
        return self.what

    @property
    def related(self) -> Iterable[Label]:
        return (self.origin,) if self.origin else ()

    @property
    def help(self) -> str:
        return self.hint


@dataclass(frozen=True)
class BadFieldType(Diagnostic):
    """Fields are `f32`, `i32`, `i64` or `class`, with sizes that are known: `f32[1, 8, 8]`."""

    code = "DLS413"
    what: str
    hint: str = ""

    @property
    def title(self) -> str:
        return self.what

    @property
    def help(self) -> str:
        return self.hint


@dataclass(frozen=True)
class BadFieldValue(Diagnostic):
    """A field is a column of the source, or several, followed by transforms."""

    code = "DLS414"
    what: str
    hint: str = 'write `column("name")` or `columns("a", "b")`'

    @property
    def title(self) -> str:
        return self.what

    @property
    def help(self) -> str:
        return self.hint


@dataclass(frozen=True)
class CannotStratify(Diagnostic):
    """A stratified split goes by a field that is one class for each row."""

    code = "DLS415"
    name: str
    found: str
    declared: Span | None

    @property
    def title(self) -> str:
        return "a stratified split goes by a class"

    @property
    def label(self) -> str:
        return f"`{self.name}` is {self.found}"

    @property
    def related(self) -> Iterable[Label]:
        return (Label(self.declared, "declared here"),) if self.declared else ()

    @property
    def help(self) -> str:
        return "name a field of type `class`, or write `random(...)`"


# --- training ---------------------------------------------------------------------------------


@dataclass(frozen=True)
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


@dataclass(frozen=True)
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


@dataclass(frozen=True)
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


@dataclass(frozen=True)
class NotALoss(Diagnostic):
    """A loss is a sum of losses with constant factors: `CrossEntropy(a, b) + 0.3 * Huber(c, d)`."""

    code = "DLS423"
    found: str
    hint: str = "write `CrossEntropy(output, field)`, or a sum of such with constant factors"

    @property
    def title(self) -> str:
        return "this is not a loss"

    @property
    def label(self) -> str:
        return self.found

    @property
    def help(self) -> str:
        return self.hint


@dataclass(frozen=True)
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


@dataclass(frozen=True)
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


@dataclass(frozen=True)
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


@dataclass(frozen=True)
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


@dataclass(frozen=True)
class ActivatedTwice(Diagnostic):
    """A loss that takes logits gets probabilities: training is slow, and rarely what was meant."""

    code = "DLS428"
    severity = "warning"
    loss: str
    output: str
    layer: str

    @property
    def title(self) -> str:
        return f"{self.loss} takes logits, and `{self.output}` comes from {self.layer}"

    @property
    def help(self) -> str:
        return f"leave the {self.layer} out: the loss contains it, and `predict` applies it"


# --- exports ----------------------------------------------------------------------------------


@dataclass(frozen=True)
class WhichTrain(Diagnostic):
    """An export refers to the only `train` block; where there are several, it names one."""

    code = "DLS440"
    names: tuple[str, ...]
    what: str = "the model"

    @property
    def title(self) -> str:
        if not self.names:
            return "there is no `train` block whose model this could export"
        return f"several `train` blocks: which one trains {self.what}?"

    @property
    def label(self) -> str:
        return f"they are: {', '.join(n or '(without a name)' for n in self.names)}"

    @property
    def help(self) -> str:
        named = [n for n in self.names if n]
        return f"add: train = {named[0]}" if named else ""


@dataclass(frozen=True)
class CannotExport(Diagnostic):
    """Settings of an export that do not go together."""

    code = "DLS441"
    what: str
    reason: str
    hint: str = ""

    @property
    def title(self) -> str:
        return self.what

    @property
    def label(self) -> str:
        return self.reason

    @property
    def help(self) -> str:
        return self.hint


@dataclass(frozen=True)
class BadLimit(Diagnostic):
    """A line of a budget is a measure, `<=` and the most that it may be: `size <= 60 KB`."""

    code = "DLS442"
    what: str
    hint: str = ""

    @property
    def title(self) -> str:
        return self.what

    @property
    def help(self) -> str:
        return self.hint


@dataclass(frozen=True)
class BadRows(Diagnostic):
    """Rows of a data set are named by their part and, if not all are meant, a slice."""

    code = "DLS443"
    what: str
    hint: str = "write `data.train[:256]`"

    @property
    def title(self) -> str:
        return self.what

    @property
    def help(self) -> str:
        return self.hint
