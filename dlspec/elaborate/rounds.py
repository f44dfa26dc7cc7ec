"""A `train` block with `step`s: each with the networks that it updates, its loss and optimizer."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping

from dlspec.diagnostics import SpecError, nearest
from dlspec.diagnostics.names import AlreadyDefined, UnknownName
from dlspec.diagnostics.train import NothingToLearn
from dlspec.diagnostics.uses import Misplaced
from dlspec.elaborate.evaluate import Skip
from dlspec.elaborate.feeding import Feeding
from dlspec.elaborate.file import FileTable
from dlspec.elaborate.headers import written
from dlspec.elaborate.joined import Joined
from dlspec.elaborate.kept import learns, uses
from dlspec.elaborate.losses import Comparisons
from dlspec.elaborate.objects import Objects
from dlspec.elaborate.settings import BESIDE, Kind, Settings, head, read
from dlspec.elaborate.steps import StepBuilder
from dlspec.elaborate.values import Broken, Kept
from dlspec.elaborate.watched import activations, comparable
from dlspec.ir import recipe as ir
from dlspec.ir.model import ModelIR
from dlspec.syntax import tree

STEP = Kind(
    name="step",
    settings=("loss", "optimizer", "metrics"),
    required=(("loss", "loss = -D(G(normal(64)))"), ("optimizer", "optimizer = Adam(lr=1e-4)")),
    later={},
    around=(
        *("data", "epochs", "steps", "batch", "precision", "numerics", "seed", "early_stop"),
        *("schedule", "clip_norm"),
    ),
    hints={
        tree.Weights: BESIDE,
        tree.Let: BESIDE,
        tree.Penalty: "add it to the loss: a `penalty` stands in a block or model",
    },
    wires=True,
)
ELSEWHERE = {
    "model": "make networks with `let net = Net()`, and call them in a step",
    "loss": "write it in the step",
    "optimizer": "write it in the step",
    "metrics": "write it in the step whose wires it reads",
}
"""Settings of a block that one with steps does not have."""
WITH = "a `train` block with steps"


class Rounds:
    """Elaborates the steps of one `train` block."""

    def __init__(
        self,
        block: tree.Declaration,
        settings: Settings,
        table: FileTable,
        overrides: Mapping[str, tree.Expr],
        objects: Objects,
        found: Feeding,
    ) -> None:
        self.block = block
        self.settings = settings
        self.table = table
        self.overrides = overrides
        self.objects = objects
        self.found = found
        self.builder = StepBuilder(table, overrides, objects, block)
        self.model: ModelIR | None = None
        """The networks: the only one, or the model that holds them."""
        self.metrics: list[ir.MetricUse] = []
        self.made: tuple[ir.Step, ...] = ()
        with objects.collecting():
            self.read()
        objects.problems.extend(self.builder.problems)

    @property
    def names(self) -> tuple[str, ...]:
        """The names of several networks."""
        networks = tuple(self.builder.networks)
        return networks if len(networks) > 1 else ()

    @property
    def models(self) -> dict[str, ModelIR]:
        """The networks, by their names in the block."""
        return {name: network.model for name, network in self.builder.networks.items()}

    @property
    def kept(self) -> Iterator[tuple[str, Kept]]:
        """What is used with `weights` or `frozen`, by its path in the model of all networks."""
        for name, network in self.builder.networks.items():
            for path, kept in uses(network.model, network.layer.kept):
                yield ".".join(filter(None, (name if self.names else "", path))), kept

    def learned(self, step: ir.Step, names: Collection[str]) -> tuple[str, ...]:
        """The weights that a step updates, of all of these."""
        if not self.names:
            return tuple(names)
        return tuple(n for n in names if n.partition(".")[0] in step.updates)

    def read(self) -> None:
        """The networks, then the steps in order. Raises Skip where the data are broken."""
        self.check_settings()
        data = self.found.data
        if data is None or data.ir is None:
            raise Skip
        for s in self.settings.wires:
            if not isinstance(s, tree.Let):
                hint = "write it in the step that reads it"
                what = "a wire"
                self.objects.problems.append(Misplaced(head(s), what, WITH, hint))
                for name in written(s):
                    self.builder.outer.entries[name.id] = Broken()
                continue
            self.builder.wires(s)
        broken = self.builder.frame.broken
        before = self.objects.broken
        made: list[tuple[ir.Step, ModelIR]] = []
        first: dict[str, tree.Name] = {}
        for step in self.settings.steps:
            if step.name.id in first:
                again = AlreadyDefined(
                    step.name.span, step.name.id, "step", first[step.name.id].span
                )
                self.objects.problems.append(again)
            first.setdefault(step.name.id, step.name)
            with self.objects.collecting():
                one = self.step(step, broken)
                made += [one] if one is not None else []
        every = len(made) == len(self.settings.steps)
        if not every or self.builder.problems or self.objects.broken > before:
            raise Skip
        # every definition of any step stands in the graph of each
        whole = made[-1][1]
        parts = {"definitions": whole.definitions, "instances": whole.instances}
        self.made = tuple(
            s.model_copy(update={"graph": g.model_copy(update=parts)}) for s, g in made
        )
        self.join()

    def check_settings(self) -> None:
        for name, hint in ELSEWHERE.items():
            if (given := self.settings.values.get(name)) is not None:
                what = f"`{name}`"
                place = Misplaced(given.names[0].span, what, WITH, hint)
                self.objects.problems.append(place)

    def step(self, step: tree.Step, broken: bool) -> tuple[ir.Step, ModelIR] | None:
        """One step; None where something is wrong."""
        own, builder = read(step, STEP), self.builder
        self.objects.problems.extend(own.problems)
        builder.check_name(step.name, builder.frame, builder.outer, "a step")
        updates = self.updates(step)
        times = 1
        if step.times is not None:
            times = self.times(step.times)
        optimizer_e, loss = own.get("optimizer"), own.get("loss")
        optimizer = None
        if optimizer_e is not None:
            optimizer = self.objects.object("optimizer", optimizer_e).made
        if broken:
            return None
        builder.begin(step.name, step)
        builder.fields(self.found.fields)
        for s in own.wires:
            builder.wires(s)
        if loss is None or not updates:
            return None
        builder.loss(loss, updates)
        self.watch(step, own.get("metrics"))
        graph = builder.graph()
        if graph is None or optimizer is None:
            return None
        made = ir.Step(
            name=step.name.id,
            updates=updates,
            times=times,
            optimizer=optimizer,
            graph=graph,
            text=loss.span.text,
        )
        return made, graph

    def watch(self, step: tree.Step, e: tree.Expr | None) -> None:
        """The metrics of a step, on its wires."""
        if e is None:
            return
        builder = self.builder
        known = comparable(self.found.comparable(), builder.frame.scope, builder.frame.broken)
        implied = activations(builder.statements)
        found = Comparisons(self.objects, known).metrics(e, implied, step.name.id)
        builder.watch(found)
        self.metrics += found

    def updates(self, step: tree.Step) -> tuple[str, ...]:
        """The networks that a step updates, each once."""
        known = tuple(self.builder.networks)
        for name in step.updates:
            if name.id not in known and not self.builder.frame.broken:
                near = nearest(name.id, known)
                what = "network"
                problem = UnknownName(name.span, name.id, what, near, known)
                self.objects.problems.append(problem)
            elif name.id in known and not learns(self.builder.networks[name.id].model):
                self.objects.problems.append(NothingToLearn(name.span, name.id))
        return tuple(dict.fromkeys(n.id for n in step.updates if n.id in known))

    def times(self, e: tree.Expr) -> int:
        """How many batches a step takes in each round. Raises SpecError."""
        value = self.objects.value(e)
        if isinstance(value, bool) or not isinstance(value, int) or value < 1:
            raise self.objects.wrong("times", e, "a whole number of at least 1")
        return value

    def join(self) -> None:
        """The model of all networks."""
        networks = self.builder.networks
        if len(networks) == 1:
            self.model = next(iter(networks.values())).model
            return
        joined = Joined(self.table, self.overrides, self.objects.scope)
        self.model = joined.together(networks, self.block)
        for d in joined.problems:
            self.builder.report(SpecError(d))
