"""`weights PATTERN { ... }` in a `train` block: weights that are updated in a way of their own."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any

from dlspec.diagnostics import SpecError, nearest
from dlspec.diagnostics.train import BesideOptimizer, NothingTrained, OptimizerUnused
from dlspec.diagnostics.uses import Misplaced, UnknownArgument
from dlspec.elaborate.configured import Configured
from dlspec.elaborate.kept import below
from dlspec.elaborate.objects import Objects
from dlspec.elaborate.patterns import Names, matches, weight_names
from dlspec.elaborate.values import Scope
from dlspec.ir import recipe as ir
from dlspec.ir.model import ModelIR
from dlspec.recipe.optimizers import Optimizer
from dlspec.source import Span
from dlspec.syntax import tree
from dlspec.units import plain_number

SETTINGS = ("optimizer", "lr_scale", "weight_decay", "frozen")
STEPS = "a `train` block with steps"
EXAMPLE = "write `weights *.bias { weight_decay = 0 }`"


class GroupReader:
    """Reads the statements of a block about weights. The last match wins, setting by setting."""

    def __init__(
        self,
        objects: Objects,
        model: ModelIR,
        optimizer: Optimizer | None,
        frozen: Collection[str] = (),
        steps: bool = False,
        said: Span | None = None,
    ) -> None:
        """`optimizer` is that of the other weights, if it is known, and `said` where it stands;
        each of several `steps` has one of its own. What lies below a path of `frozen` stays as it
        is, where no statement says otherwise."""
        self.objects = objects
        self.steps = steps
        self.main = optimizer
        self.said = said
        self.kept: list[Optimizer] = []
        """The optimizers that are made, that of the block first."""
        self.known: Names = weight_names(model)
        self.found: dict[str, dict[str, Any]] = {
            name: {"frozen": None} if any(below(name, path) for path in frozen) else {}
            for name in self.known
        }

    def groups(self, statements: Iterable[tree.Statement], use: Span) -> tuple[ir.Group, ...]:
        """The weights that differ from the rest, those with equal settings together."""
        written = list(statements)
        self.read(written, self.objects.scope)
        self.check_used()
        groups: dict[ir.Group, list[str]] = {}
        for name, settings in self.found.items():
            group = ir.Group(weights=(), **self.shared(settings))
            groups.setdefault(group, []).append(name)
        frozen = [group for group in groups if group.frozen != 0]
        if frozen and len(frozen) == len(groups):
            self.objects.problems.append(NothingTrained(written[0].span if written else use))
        plain = ir.Group(weights=())
        return tuple(
            group.model_copy(update={"weights": tuple(names)})
            for group, names in groups.items()
            if group != plain
        )

    def check_used(self) -> None:
        """Whether the optimizer of the block has weights left."""
        learned = [own for own in self.found.values() if own.get("frozen", 0) is not None]
        if learned and self.said is not None and all(own.get("optimizer") for own in learned):
            self.objects.problems.append(OptimizerUnused(self.said))

    def shared(self, settings: dict[str, Any]) -> dict[str, Any]:
        """The same with as few optimizers as there can be: one that differs from another in `lr`
        and `weight_decay` alone is that other one, with a scale and a decay of these weights."""
        made: Optimizer | None = settings.get("optimizer")
        if made is None or self.main is None or settings.get("frozen", 0) is None:
            return settings | {"optimizer": None}
        kept = self.kept or [self.main]
        other = next((o for o in kept if _rest(o) == _rest(made)), made)
        self.kept = [*kept, made] if other is made else kept
        own = settings | {"optimizer": None if other is self.main else other}
        own["lr_scale"] = settings.get("lr_scale", 1.0) * made.lr / other.lr
        decay = made.model_dump()["weight_decay"]
        if settings.get("weight_decay") is None and decay != other.model_dump()["weight_decay"]:
            own["weight_decay"] = decay
        return own

    def read(self, statements: Iterable[tree.Statement], scope: Scope) -> None:
        for s in statements:
            with self.objects.collecting():
                match s:
                    case tree.Weights():
                        self.weights(s, scope)
                    case tree.For():
                        evaluator = self.objects.evaluator
                        for entries in evaluator.rounds(s.names, s.iterable, scope, None)[1]:
                            self.read(s.body.statements, Scope(scope, entries))
                    case tree.If():
                        self.read(self.branch(s, scope), scope)
                    case _:
                        what = "`for` and `if` of a `train` block"
                        raise SpecError(Misplaced(s.span, "this statement", what, EXAMPLE))

    def branch(self, s: tree.If, scope: Scope) -> tuple[tree.Statement, ...]:
        """The statements of the branch that holds."""
        for test, body in s.branches:
            if self.objects.evaluator.truth(test, scope, "if").value:
                return body.statements
        return s.otherwise.statements if s.otherwise is not None else ()

    def weights(self, s: tree.Weights, scope: Scope) -> None:
        settings = dict(self.settings(s, scope))
        for pattern in s.patterns:
            with self.objects.collecting():
                for name in matches(pattern, self.known, scope, self.objects.evaluator):
                    self.found[name].update(settings)

    def settings(self, s: tree.Weights, scope: Scope) -> Iterator[tuple[str, Any]]:
        if not s.body.statements:
            raise SpecError(Misplaced(s.span, "an empty body", "`weights`", EXAMPLE))
        before = self.objects.scope
        self.objects.scope = scope
        given: dict[str, tuple[tree.Name, Any]] = {}
        try:
            for inner in s.body.statements:
                if not isinstance(inner, tree.Assign) or len(inner.names) != 1:
                    what = "`weights` of a `train` block"
                    raise SpecError(Misplaced(inner.span, "this", what, EXAMPLE))
                (name,) = inner.names
                if name.id not in SETTINGS:
                    close = nearest(name.id, SETTINGS)
                    unknown = UnknownArgument(name.span, name.id, "`weights`", SETTINGS, close)
                    raise SpecError(unknown)
                given[name.id] = name, getattr(self, name.id)(inner.value)
        finally:
            self.objects.scope = before
        self.check_beside(given)
        for setting, (_, value) in given.items():
            if setting == "optimizer":
                yield from self.said_by(value)
            else:
                yield setting, value

    def check_beside(self, given: Mapping[str, tuple[tree.Name, Any]]) -> None:
        """Whether nothing beside an optimizer says what it says, or that there is none. Raises
        SpecError."""
        if "optimizer" not in given:
            return
        optimizer, found = given["optimizer"]
        for name, value in given.values():
            if name.id in ("lr_scale", "weight_decay") or (name.id, value) == ("frozen", None):
                kind = found.made.kind()
                raise SpecError(BesideOptimizer(name.span, name.id, kind, optimizer.span))

    # -- the settings

    def optimizer(self, e: tree.Expr) -> Configured[Optimizer]:
        if self.steps:
            hint = "write `lr_scale` or `weight_decay`, which change that of each step"
            raise SpecError(Misplaced(e.span, "an `optimizer` of some weights", STEPS, hint))
        return self.objects.object("optimizer", e)

    def said_by(self, optimizer: Configured[Optimizer]) -> Iterator[tuple[str, Any]]:
        """What an optimizer says: also the rate, and the decay where it is given."""
        yield "optimizer", optimizer.made
        yield "lr_scale", 1.0
        if "weight_decay" in optimizer.spans:
            yield "weight_decay", None

    def lr_scale(self, e: tree.Expr) -> float:
        value = self.objects.value(e)
        if not plain_number(value) or value <= 0:
            hint = "write `frozen = true` for weights that stay as they are" if value == 0 else ""
            raise self.objects.wrong("lr_scale", e, "a number above 0", hint)
        return float(value)

    def weight_decay(self, e: tree.Expr) -> float:
        value = self.objects.value(e)
        if not plain_number(value) or value < 0:
            raise self.objects.wrong("weight_decay", e, "a number of at least 0")
        return float(value)

    def frozen(self, e: tree.Expr) -> int | None:
        """The epochs for which weights stay as they are; None for all."""
        if isinstance(e, tree.Call):
            return int(self.objects.object("frozen", e).made.count)
        value = self.objects.value(e)
        if not isinstance(value, bool):
            expected = "true, false or a time: `until(1 epoch)`"
            raise self.objects.wrong("frozen", e, expected)
        return None if value else 0


def _rest(optimizer: Optimizer) -> tuple[str, dict[str, Any]]:
    """What has no scale and no decay of weights: the kind, and the other arguments."""
    return optimizer.kind(), optimizer.model_dump(exclude={"lr", "weight_decay"})
