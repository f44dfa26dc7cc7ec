"""Data, training and exports in the IR: every name resolved, every default filled in.

Objects of the recipe (losses, optimizers, sources, ...) stand in it as they are; in JSON each is
`{"kind": "AdamW", "lr": 0.003, ...}`.
"""

from dataclasses import replace
from typing import Annotated, Literal

import pydantic

from dlspec.ir.model import Bind, ModelIR, Net, Node, Wire, statements, within
from dlspec.ir.values import AnyOp, At, Extent, Type
from dlspec.length import Dynamic, put
from dlspec.recipe.augmentations import Augmentation
from dlspec.recipe.batches import Balanced, Bucketed
from dlspec.recipe.exports import Int8
from dlspec.recipe.losses import Activation, Loss
from dlspec.recipe.metrics import Metric
from dlspec.recipe.optimizers import Optimizer
from dlspec.recipe.schedules import Schedule
from dlspec.recipe.sources import Images, Source
from dlspec.recipe.splits import Split
from dlspec.recipe.stops import Patience
from dlspec.recipe.strategies import Strategy
from dlspec.recipe.transforms import Transform
from dlspec.recipe.windows import Windows
from dlspec.tensor import Tensor

# --- data -------------------------------------------------------------------------------------


class Transformed(Node):
    """A transform with the types before and after it, for one row.

    `takes` is None where it is known only when the data is read (pictures of any size).
    """

    transform: Annotated[Transform, At("transform")]
    takes: Type | None
    gives: Type


class OfField(Node):
    """The values of a field."""

    kind: Literal["field"] = "field"
    field: str
    type: Type


class Figure(Node):
    """A compile-time number."""

    kind: Literal["number"] = "number"
    number: int | float
    type: Type


class Computed(Node):
    """Arithmetic or brackets: an op of two operands or of one."""

    kind: Literal["computed"] = "computed"
    op: AnyOp
    of: "tuple[Computation, ...]"
    type: Type


Computation = Annotated[OfField | Figure | Computed, pydantic.Field(discriminator="kind")]


class Field(Node):
    """`field name: type = column("a") -> ...`, or one that is computed from fields above it.

    `read` is the type of what is read, before any transform; None as in `Transformed`. With
    `joined` (`columns("a", "b")`) the columns, which are numbers or vectors, stand side by side
    on the last axis. A class count that only the data tells is None in the types. Where rows are
    taken in windows, `read` and the types of transforms are for one row, and `type` for a window.
    """

    name: str
    type: Type
    columns: tuple[str, ...] = ()
    joined: bool = False
    counts: tuple[int, ...] = ()
    """The class count of each place, where they differ; that of the type is the largest."""
    crossed: tuple[tuple[str, ...], ...] = ()
    """Which columns are hashed together, for each place of the field."""
    computed: Computation | None = None
    read: Type | None
    transforms: tuple[Transformed, ...] = ()
    line: int


class Augment(Node):
    """`augment fields -> ...`: what training rows go through, together where there are several."""

    fields: tuple[str, ...]
    transforms: tuple[Annotated[Augmentation, At("augmentation")], ...]
    line: int


class Data(Node):
    """A `data` block."""

    name: str
    source: Annotated[Source, At("source")]
    windows: Annotated[Windows, At("windows")] | None = None
    fields: tuple[Field, ...]
    split: Annotated[Split, At("split")]
    augment: tuple[Augment, ...] = ()
    doc: str = ""
    line: int

    def field(self, name: str) -> Field:
        return next(f for f in self.fields if f.name == name)

    @property
    def void(self) -> dict[str, int]:
        """The fields whose pixels may have no class, with the number that such a pixel has."""
        if not isinstance(self.source, Images) or self.source.void is None:
            return {}
        return {f.name: self.source.void for f in self.fields if "mask" in f.columns}

    @property
    def ragged(self) -> dict[str, tuple[Field, int]]:
        """The dimensions in which rows differ, each with the first field that has it, and its axis
        there. The lengths of the rows are a column `NAME_lengths` beside that field's own."""
        found: dict[str, tuple[Field, int]] = {}
        for f in self.fields:
            for axis, size in enumerate(f.type.shape):
                if isinstance(size, Dynamic):
                    found.setdefault(str(size), (f, axis))
        return found

    @property
    def unknown_classes(self) -> tuple[str, ...]:
        """The fields whose classes are read from the data."""
        return tuple(
            f.name for f in self.fields if f.type.dtype == "class" and f.type.classes is None
        )


# --- training ---------------------------------------------------------------------------------


class LossTerm(Node):
    """`factor * Loss(output, target)`; the target is a field. `axis` is that of the classes."""

    factor: float
    loss: Annotated[Loss, At("loss")]
    output: str
    target: str
    axis: int | None = None
    line: int


class MetricUse(Node):
    """A metric with what it compares. `name` is unique in its block, and that of the log; the
    metric of a `step` has the step's name in front.

    `activation` turns the output into what the metric reads: the one that the loss on this
    output implies. `axis` is that of the classes.
    """

    name: str
    step: str = ""
    """The `step` whose wires it reads."""
    metric: Annotated[Metric, At("metric")]
    output: str
    target: str
    computed: Type | None = None
    """The type of a target that is a wire; that of a field stands with the data."""
    activation: Activation
    axis: int | None = None
    line: int

    def array(self, name: str) -> str:
        """What an array of its step is called among those of all steps."""
        return f"{self.step}.{name}" if self.step else name


class Loaded(Node):
    """Weights that start from a file: all below a path, by their names there; an empty path is the
    whole model."""

    path: str
    file: str


class Group(Node):
    """Weights, by their neutral names, that are updated in a way of their own."""

    weights: tuple[str, ...]
    optimizer: Annotated[Optimizer, At("optimizer")] | None = None
    """Their optimizer; None is that of the block, or of each step."""
    lr_scale: float = 1.0
    """Their learning rate, relative to that of their optimizer."""
    weight_decay: float | None = None
    """Their decay; None is their optimizer's."""
    frozen: int | None = 0
    """For how many epochs they stay as they are, in evaluation mode; None is for ever."""


class Step(Node):
    """What is computed of a batch, and which networks learn from it.

    `name` is that of a `step`, which has an optimizer of its own and takes `times` batches one
    after the other in each round; a block without steps is its own, without a name.

    `graph` is a definition of the kind `step`: its inputs are the fields of the data, its first
    output is the loss (one number, or one for each example, which are averaged), the others are
    what metrics read.
    """

    name: str = ""
    updates: tuple[str, ...]
    times: int = 1
    optimizer: Annotated[Optimizer, At("optimizer")] | None = None
    graph: ModelIR
    text: str
    """The loss as it is written."""


class Train(Node):
    """A `train` block. The loss is the sum of its terms; where it is more, there is a step, and the
    terms are only those of its losses that compare an output with a field as both are.

    A block with `step`s has a loss and an optimizer for each of them, and none of its own. Its run
    is `epochs` passes over the training rows, or so many `steps`: rounds of all its steps.
    """

    name: str
    data: str
    model: str
    inputs: dict[str, str]
    """Each input of the model and the field that feeds it; those that are computed are not here."""
    counted: dict[str, str] = pydantic.Field(default_factory=dict)
    """Parameters of the model that are the class count of a field, which only the data tells. As
    long as the field's type leaves it open, another number stands for it."""
    lengths: dict[str, Extent] = pydantic.Field(default_factory=dict)
    """The dynamic sizes of the model's inputs, with those of the fields that feed them."""
    networks: tuple[str, ...] = ()
    """The names of several networks, in which their weights' names begin."""
    loss: tuple[LossTerm, ...]
    step: Step | None = None
    rounds: tuple[Step, ...] = ()
    """The block's `step`s, in the order of a round."""
    optimizer: Annotated[Optimizer, At("optimizer")] | None = None
    schedule: tuple[Annotated[Schedule, At("schedule")], ...]
    epochs: int | None = None
    steps: int | None = None
    batch: int
    balanced: Annotated[Balanced, At("batch")] | None = None
    """What a batch holds, where its rows are not any."""
    bucketed: Annotated[Bucketed, At("batch")] | None = None
    """By which lengths rows come together."""
    continued: bool = False
    """Whether row i of a batch goes on where row i of the last one stopped."""
    groups: tuple[Group, ...] = ()
    loaded: tuple[Loaded, ...] = ()
    clip_norm: float | None = None
    precision: Literal["auto", "fp32", "bf16", "fp16"] = "auto"
    numerics: Literal["native", "exact"] = "native"
    seed: int = 0
    metrics: tuple[MetricUse, ...] = ()
    early_stop: Annotated[Patience, At("early_stop")] | None = None
    doc: str = ""
    line: int

    @property
    def best_by(self) -> tuple[str, Literal["min", "max"]]:
        """The number that says which checkpoint is best, as in the log, and its direction."""
        on = self.early_stop.on if self.early_stop is not None else "val.loss"
        for m in self.metrics:
            if on == f"val.{m.name}":
                return on, "max" if m.metric.greater_is_better else "min"
        return on, "min"

    @property
    def judged(self) -> bool:
        """Whether a number says which epoch is the best, where there are validation rows: of
        several steps only what `early_stop` names."""
        return not self.rounds or self.early_stop is not None

    @property
    def graphs(self) -> tuple[Step, ...]:
        """What is computed of batches, where that is more than a sum of losses."""
        return (self.step,) if self.step is not None else self.rounds

    @property
    def batches(self) -> int:
        """The batches of a round."""
        return sum(s.times for s in self.rounds) or 1

    @property
    def scheduled(self) -> bool:
        """Whether steps set the learning rate: it changes, or some weights have another."""
        scaled = any(self.scale(group) != 1 for group in self.groups)
        return scaled or any(phase.kind() != "constant" for phase in self.schedule)

    def scale(self, group: Group) -> float:
        """The learning rate of some weights, relative to that of the block, or of each step."""
        if group.optimizer is None or self.optimizer is None:
            return group.lr_scale
        return group.lr_scale * group.optimizer.lr / self.optimizer.lr

    @property
    def optimizers(self) -> dict[str, Optimizer]:
        """The optimizers of a block without steps by their names in programs, its own first."""
        own = dict.fromkeys(group.optimizer for group in self.groups)
        found: dict[str, Optimizer] = {}
        for optimizer in (self.optimizer, *own):
            if optimizer is None:
                continue
            kind = optimizer.kind().lower()
            count = sum(o.kind() == optimizer.kind() for o in found.values()) + 1
            found[kind if count == 1 else f"{kind}_{count}"] = optimizer
        return found

    @property
    def freezes(self) -> bool:
        """Whether some weights stay as they are, for a time or for ever."""
        return any(group.frozen != 0 for group in self.groups)

    @property
    def measured(self) -> bool:
        """Whether the metrics read outputs of the model that fields alone feed, so that a file of
        the model has them too."""
        if self.step is None:
            return not (self.rounds and self.metrics)
        given = {m.output for m in self.metrics}
        for s in statements(self.step.graph.root.body):
            names = given & set(s.names) if isinstance(s, Bind) else None
            if not names:
                continue
            fed = s.value.inputs if isinstance(s.value, Net) else ()
            plain = [f.name for f in fed if isinstance(f, Wire)]
            if plain != list(self.inputs.values()) or not fed or len(plain) != len(fed):
                return False
            given -= names
        return not given

    def fields(self, network: str = "") -> dict[str, str]:
        """The field that feeds each input of the model, or of one of several networks, where one
        does as it is."""
        if self.inputs or not self.graphs:
            return self.inputs
        found: dict[str, set[str]] = {}
        for root in (step.graph.root for step in self.graphs):
            fields = dict(root.inputs).keys() - {
                n for s in statements(root.body) if isinstance(s, Bind) for n in s.names
            }
            for f in within(root.body):
                if isinstance(f, Net) and network in ("", f.net):
                    for name, given in zip(f.takes, f.inputs, strict=True):
                        if isinstance(given, Wire) and given.name in fields:
                            found.setdefault(name, set()).add(given.name)
        return {name: fed.pop() for name, fed in found.items() if len(fed) == 1}

    def fed(self, t: Tensor) -> Tensor:
        """A type of the model, with the sizes that the data gives it."""
        return replace(t, shape=tuple(put(size, self.lengths) for size in t.shape))

    def activation(self, output: str) -> Activation:
        """What turns an output into a prediction, as the loss on it implies."""
        for term in self.loss:
            if term.output == output and term.loss.activation != "none":
                return term.loss.activation
        return "none"


# --- exports ----------------------------------------------------------------------------------


class Limit(Node):
    """A line of a budget: `size <= 60 KB`. Bytes, counts, or a share for `accuracy_drop`."""

    measure: Literal["size", "macs", "ram", "accuracy_drop"]
    most: float
    text: str
    line: int


class Export(Node):
    """An `export` block. `train` names the block whose model it exports, `network` which one of
    several."""

    name: str
    train: str
    network: str = ""
    format: Literal["onnx", "tflite"]
    quantize: Annotated[Int8, At("quantize")] | None = None
    dynamic: tuple[str, ...] = ()
    """The axes that may have any size: `batch`, and dynamic sizes of the model's inputs."""
    budget: tuple[Limit, ...] = ()
    doc: str = ""
    line: int

    @property
    def file(self) -> str:
        """The name of the file that it makes."""
        return f"{self.name or 'model'}.{self.format}"


# --- generating -------------------------------------------------------------------------------


class Generate(Node):
    """A `generate` block. `train` names the block whose model it runs, `network` which one of
    several.

    `output` is what the strategy reads. What it chooses is appended to `input`, which begins with
    the token `start`, until it chooses `end` or has chosen `limit` tokens; a strategy that reads
    all frames at once has none of these.
    """

    name: str
    train: str
    network: str = ""
    output: str
    input: str | None = None
    strategy: Annotated[Strategy, At("strategy")]
    start: int | None = None
    end: int | None = None
    limit: int | None = None
    doc: str = ""
    line: int


__all__ = [
    "At",
    "Augment",
    "Data",
    "Export",
    "Field",
    "Generate",
    "Group",
    "Limit",
    "Loaded",
    "Loss",
    "LossTerm",
    "MetricUse",
    "Step",
    "Train",
    "Transformed",
]
