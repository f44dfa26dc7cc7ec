"""`generate` blocks in the IR: what is read, what it is appended to, and how it is chosen."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dlspec.diagnostics import SpecError, nearest
from dlspec.diagnostics.generate import CannotFeed, NoSuchToken, NotFedByData
from dlspec.diagnostics.names import UnknownName
from dlspec.elaborate.objects import Objects, callee, plain, stages
from dlspec.elaborate.settings import Kind, Settings, read
from dlspec.elaborate.which import trained, which_network
from dlspec.ir import recipe as ir
from dlspec.ir.model import ModelIR
from dlspec.ir.networks import held
from dlspec.length import Dynamic, written
from dlspec.recipe.strategies import CtcBeam, Ddpm, Strategy
from dlspec.source import Span
from dlspec.syntax import tree
from dlspec.tensor import FLOATS, Tensor
from dlspec.units import Quantity, plain_number

GENERATE = Kind(
    name="generate",
    settings=("model", "feed", "strategy", "start", "end", "limit", "train"),
    required=(("feed", "feed = logits -> tokens"), ("strategy", "strategy = greedy")),
    later={},
    later_statements={
        tree.If: "`if` in a `generate` block",
        tree.For: "`for` in a `generate` block",
        tree.Let: "`let` in a `generate` block",
    },
)
READS = {
    "next": ("an output, and the input that it is appended to", "feed = logits -> tokens"),
    "frames": ("an output", "feed = logits"),
    "noise": ("an output, and the input whose noise it is", "feed = noise -> image"),
}
"""What a strategy reads, with an example."""
EXAMPLES = {"start": "start = 0", "limit": "limit = 256 steps"}


class GenerateBuilder:
    """Elaborates one `generate` block. `trains` has None for a block that is broken; `models` has
    the model of each that is whole; `constants` are those of the file."""

    def __init__(
        self,
        block: tree.Declaration,
        objects: Objects,
        trains: Mapping[str, ir.Train | None],
        models: Mapping[str, ModelIR],
        constants: Mapping[str, tree.Let],
    ) -> None:
        self.block = block
        self.objects = objects
        self.trains = trains
        self.models = models
        self.constants = constants
        self.settings = Settings()
        self.train: ir.Train | None = None
        self.network = ""
        """Which one of several networks generates."""

    def build(self) -> ir.Generate | None:
        """The block; None where something is wrong, which `objects` has then."""
        before = self.objects.broken
        self.settings = read(self.block, GENERATE)
        self.objects.problems.extend(self.settings.problems)
        with self.objects.collecting():
            self.train = trained(self.block, self.settings, self.objects, self.trains)
        if self.train is not None and self.train.networks:
            with self.objects.collecting():
                given = (self.block, self.settings, self.train, "generates")
                self.network = which_network(*given)
            if not self.network:
                return None
        strategy = self.strategy()
        output: str | None = None
        input: str | None = None
        values: dict[str, int | None] = {}
        with self.objects.collecting():
            output, input = self.feed(strategy)
        if strategy is not None:
            values = self.next(output) if strategy.feeding == "next" else self.at_once(strategy)
        if self.objects.broken > before or not self.settings.complete:
            return None
        if self.train is None or strategy is None or output is None:
            return None
        return ir.Generate(
            name=self.block.name.id if self.block.name else "",
            train=self.train.name,
            network=self.network,
            output=output,
            input=input,
            strategy=strategy,
            **values,
            doc=self.block.doc,
            line=self.block.span.line,
        )

    @property
    def model(self) -> ModelIR | None:
        """The model that generates."""
        whole = self.models.get(self.train.name) if self.train is not None else None
        if whole is None or not self.network:
            return whole
        own = held(whole)[self.network].model
        return own.model_copy(update={"name": self.network})

    def strategy(self) -> Strategy | None:
        e = self.settings.get("strategy")
        if e is None:
            return None
        with self.objects.collecting():
            made: Strategy = self.objects.object("strategy", e, self.spelled).made
            return made
        return None

    def spelled(self, argument: str, e: tree.Expr) -> Any:
        """`time=t` names an input; `betas` are numbers, `linspace(first, last, count)`, or a
        `let` of the file that is one of these."""
        if argument == "time":
            if not isinstance(e, tree.Name):
                raise self.objects.wrong(argument, e, "the name of an input")
            return e.id
        name = callee(e)
        if isinstance(e, tree.Name):
            constant = self.constants.get(e.id)
            if constant is not None:
                return self.spelled(argument, constant.value)
        if isinstance(e, tree.Call) and name is not None and name.id == "linspace":
            given = [self.objects.value(a.value) for a in e.arguments]
            numbers = all(plain_number(v) for v in given)
            if len(given) != 3 or not numbers or given[2] != int(given[2]) or given[2] < 2:
                raise self.objects.wrong(argument, e, "`linspace(first, last, count)`")
            first, last, count = given[0], given[1], int(given[2])
            return tuple(first + (last - first) * i / (count - 1) for i in range(count))
        return self.objects.value(e)

    # -- what is fed

    def feed(self, strategy: Strategy | None) -> tuple[str | None, str | None]:
        """The output that is read, and the input that is fed. Raises SpecError."""
        e = self.settings.get("feed")
        if e is None or strategy is None:
            return None, None
        first, chain = stages(e)
        parts = [first, *(plain(stage) for stage in chain)]
        names = [p for p in parts if isinstance(p, tree.Name)]
        reads, example = READS[strategy.feeding]
        wanted = 1 if strategy.feeding == "frames" else 2
        if len(names) != len(parts) or len(parts) != wanted:
            what = f"`{strategy.kind()}` reads {reads}"
            raise SpecError(CannotFeed(e.span, what, "", (), f"write `{example}`"))
        model = self.model
        if model is None:
            return None, None
        outputs = {n: t for n, t in model.root.outputs if n is not None}
        inputs = dict(model.root.inputs)
        self.known(names[0], outputs, f"output of {model.name}")
        output = outputs[names[0].id]
        if isinstance(strategy, Ddpm):
            self.known(names[1], inputs, f"input of {model.name}")
            self.check_noise(names[1], inputs, output, strategy)
            self.check_rest(model, e.span, names[1].id, strategy.time)
            return names[0].id, names[1].id
        self.check_scores(names[0], output, strategy)
        if wanted == 1:
            self.check_rest(model, e.span, None)
            return names[0].id, None
        self.known(names[1], inputs, f"input of {model.name}")
        self.check_tokens(names[1], inputs[names[1].id], output)
        self.check_rest(model, e.span, names[1].id)
        return names[0].id, names[1].id

    def known(self, name: tree.Name, among: Mapping[str, Tensor], what: str) -> None:
        if name.id not in among:
            near = nearest(name.id, among)
            raise SpecError(UnknownName(name.span, name.id, what, near, tuple(among)))

    def check_scores(self, name: tree.Name, t: Tensor, strategy: Strategy) -> None:
        """Whether an output has a score for each class at each position. Raises SpecError."""
        dynamic = t.rank == 2 and isinstance(t.shape[-1], Dynamic)
        if t.rank != 2 or t.dtype not in FLOATS or dynamic:
            what = f"`{strategy.kind()}` reads scores [T, classes], and `{name.id}` is {_said(t)}"
            hint = "a score for each class at each position: `output logits: f32[T, classes]`"
            raise SpecError(CannotFeed(name.span, what, "", (), hint))

    def check_noise(
        self, name: tree.Name, inputs: Mapping[str, Tensor], output: Tensor, strategy: Ddpm
    ) -> None:
        """Whether an output tells the noise in an input. Raises SpecError."""
        t, at = inputs[name.id], self.settings.values["strategy"].value.span
        if t.dtype != "f32" or not output.same(t) or any(isinstance(n, Dynamic) for n in t.shape):
            what = f"the noise in `{name.id}` has its type, {_said(t)}, with fixed sizes"
            raise SpecError(CannotFeed(name.span, what, f"the output is {_said(output)}"))
        if strategy.time not in inputs:
            near = nearest(strategy.time, inputs)
            what = "input for `time`"
            raise SpecError(UnknownName(at, strategy.time, what, near, tuple(inputs)))
        found = inputs[strategy.time]
        if found.dtype not in ("i32", "i64") or found.shape:
            what = f"`time` takes the number of a step, and `{strategy.time}` is {_said(found)}"
            raise SpecError(CannotFeed(at, what, "", (), f"`input {strategy.time}: i32[]`"))

    def check_tokens(self, name: tree.Name, t: Tensor, output: Tensor) -> None:
        """Whether tokens can be appended to an input. Raises SpecError."""
        if t.dtype not in ("i32", "i64") or t.rank != 1:
            what = f"tokens are appended to an input of integers, and `{name.id}` is {_said(t)}"
            raise SpecError(
                CannotFeed(name.span, what, "", (), f"`input {name.id}: i32[T <= 512]`")
            )
        size = t.shape[0]
        if not isinstance(size, Dynamic):
            what = f"`{name.id}` has {size} positions, and grows from one token on"
            hint = f"give it any length up to that: `input {name.id}: {t.dtype}[T <= {size}]`"
            raise SpecError(CannotFeed(name.span, what, "", (), hint))
        if output.shape[0] != size:
            what = f"the output has no scores for each position of `{name.id}`"
            found = f"the output is {_said(output)}, the input {_said(t)}"
            raise SpecError(CannotFeed(name.span, what, found))

    def check_rest(self, model: ModelIR, span: Span, *fed: str | None) -> None:
        """Whether rows of the data have the other inputs. Raises SpecError."""
        train = self.train
        assert train is not None
        rows = train.fields(self.network)
        rest = [n for n, _ in model.root.fed if n not in fed and n not in rows]
        if rest:
            raise SpecError(NotFedByData(span, rest[0], model.name))

    # -- numbers

    def next(self, output: str | None) -> dict[str, int | None]:
        """`start`, `end` and `limit` of what goes on token by token."""
        for name, example in EXAMPLES.items():
            if self.settings.get(name) is None and self.settings.complete:
                e = self.settings.values["strategy"]
                what = f"tokens go on from a `{name}`"
                if name == "limit":
                    what = "tokens go on up to a `limit`"
                self.objects.problems.append(CannotFeed(e.span, what, "", (), f"add: {example}"))
        return {
            "start": self.token("start", output),
            "end": self.token("end", output),
            "limit": self.limit(),
        }

    def at_once(self, strategy: Strategy) -> dict[str, int | None]:
        """Of what does not go on token by token there is no start, end or limit."""
        for name in ("start", "end", "limit"):
            setting = self.settings.values.get(name)
            if setting is not None:
                what = f"`{strategy.kind()}` does not go on token by token: it has no `{name}`"
                wrong = CannotFeed(setting.span, what, "", (), "leave it out")
                self.objects.problems.append(wrong)
        model, e = self.model, self.settings.get("feed")
        if isinstance(strategy, CtcBeam) and isinstance(e, tree.Name) and model is not None:
            at = self.settings.values["strategy"].value
            found = dict(model.root.outputs).get(e.id)
            if found is not None:
                with self.objects.collecting():
                    self.check_class("blank", strategy.blank, e.id, found, at.span)
        return {}

    def token(self, name: str, output: str | None) -> int | None:
        e = self.settings.get(name)
        if e is None:
            return None
        with self.objects.collecting():
            value = self.objects.value(e)
            if isinstance(value, bool) or not isinstance(value, int) or value < 0:
                raise self.objects.wrong(name, e, "the number of a class, from 0 on")
            if output is not None and self.model is not None:
                found = dict(self.model.root.outputs)[output]
                self.check_class(name, value, output, found, e.span)
            return value
        return None

    def check_class(self, name: str, value: int, output: str, t: Tensor, span: Span) -> None:
        """Whether an output has this class. Raises SpecError."""
        assert self.train is not None
        if value >= t.shape[-1] and not self.train.counted:
            raise SpecError(NoSuchToken(span, name, value, output, int(t.shape[-1])))

    def limit(self) -> int | None:
        e = self.settings.get("limit")
        if e is None:
            return None
        with self.objects.collecting():
            value: Any = self.objects.value(e)
            number = value.value if isinstance(value, Quantity) else value
            steps = isinstance(value, Quantity) and value.kind == "steps"
            if not steps or number != int(number) or number < 1:
                plain_ = isinstance(number, int) and not isinstance(number, bool) and number > 0
                hint = f"write `limit = {number} steps`" if plain_ else ""
                raise self.objects.wrong("limit", e, "a number of steps: one for each token", hint)
            return int(number)
        return None


def _said(t: Tensor) -> str:
    return t.written(written)
