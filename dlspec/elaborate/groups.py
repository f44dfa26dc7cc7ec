"""`weights PATTERN { ... }` in a `train` block: weights that are updated in a way of their own."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from typing import Any

from dlspec.diagnostics import SpecError, nearest
from dlspec.diagnostics.train import NothingTrained
from dlspec.diagnostics.uses import Misplaced, NotInThisVersion, UnknownArgument
from dlspec.elaborate.evaluate import Skip
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
    ) -> None:
        """`optimizer` is that of the other weights, if it is known; each of several `steps` has one
        of its own. What lies below a path of `frozen` stays as it is, where no statement says
        otherwise."""
        self.objects = objects
        self.steps = steps
        self.optimizer = optimizer
        self.known: Names = weight_names(model)
        self.found: dict[str, dict[str, Any]] = {
            name: {"frozen": None} if any(below(name, path) for path in frozen) else {}
            for name in self.known
        }

    def groups(self, statements: Iterable[tree.Statement], use: Span) -> tuple[ir.Group, ...]:
        """The weights that differ from the rest, those with equal settings together."""
        written = list(statements)
        self.read(written, self.objects.scope)
        groups: dict[ir.Group, list[str]] = {}
        for name, settings in self.found.items():
            groups.setdefault(ir.Group(weights=(), **settings), []).append(name)
        frozen = [group for group in groups if group.frozen != 0]
        if frozen and len(frozen) == len(groups):
            self.objects.problems.append(NothingTrained(written[0].span if written else use))
        plain = ir.Group(weights=())
        return tuple(
            group.model_copy(update={"weights": tuple(names)})
            for group, names in groups.items()
            if group != plain
        )

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
        try:
            for inner in s.body.statements:
                if not isinstance(inner, tree.Assign) or len(inner.names) != 1:
                    what = "`weights` of a `train` block"
                    raise SpecError(Misplaced(inner.span, "this", what, EXAMPLE))
                (name,) = inner.names
                if name.id == "optimizer":
                    yield from self.own_optimizer(inner.value)
                    continue
                if name.id not in SETTINGS:
                    close = nearest(name.id, SETTINGS)
                    unknown = UnknownArgument(name.span, name.id, "`weights`", SETTINGS, close)
                    raise SpecError(unknown)
                yield name.id, getattr(self, name.id)(inner.value)
        finally:
            self.objects.scope = before

    # -- the settings

    def own_optimizer(self, e: tree.Expr) -> Iterator[tuple[str, Any]]:
        """What an optimizer of some weights has that the others' has not."""
        if self.steps:
            hint = "write `lr_scale` or `weight_decay`, which change that of each step"
            raise SpecError(Misplaced(e.span, "an `optimizer` of some weights", STEPS, hint))
        made: Optimizer = self.objects.object("optimizer", e).made
        if self.optimizer is None:
            raise Skip
        own, others = made.model_dump(), self.optimizer.model_dump()
        rate, decay = own.pop("lr"), own.pop("weight_decay")
        if type(made) is not type(self.optimizer) or own != {n: others[n] for n in own}:
            what = "an `optimizer` of some weights with more than its own `lr` and `weight_decay`"
            hint = f"write {type(self.optimizer).kind()}, with an `lr` of its own, or `lr_scale`"
            raise SpecError(NotInThisVersion(e.span, what, hint))
        yield "lr_scale", rate / self.optimizer.lr
        if decay != others["weight_decay"]:
            yield "weight_decay", decay

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
