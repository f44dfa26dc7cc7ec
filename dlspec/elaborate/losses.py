"""Losses and metrics of a `train` block: what they compare, and whether they can."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from math import isfinite
from typing import Any

from dlspec import recipe
from dlspec.diagnostics import Label, SpecError, nearest
from dlspec.diagnostics.names import UnknownName
from dlspec.diagnostics.train import DoesNotCompare, NotALoss, WrongOperands
from dlspec.diagnostics.uses import NotInThisVersion
from dlspec.elaborate.activations import activated
from dlspec.elaborate.configured import Configured
from dlspec.elaborate.evaluate import Skip
from dlspec.elaborate.kinds import ungrouped
from dlspec.elaborate.objects import Objects, callee
from dlspec.elaborate.values import describe
from dlspec.expr import fixed
from dlspec.frozen import frozen
from dlspec.ir import recipe as ir
from dlspec.recipe.losses import Activation, Loss
from dlspec.recipe.metrics import Classification
from dlspec.source import Span
from dlspec.syntax import tree
from dlspec.tensor import INTEGERS, Tensor
from dlspec.units import plain_number

WIRE = "a wire"
"""What a wire is called, which a metric may read on either side."""
LATER_ARGUMENTS = {"where": "`where=` of a metric", "weight": "`weight=` of a metric"}


@frozen
class Named:
    """Something that a loss can name, with the place of its declaration."""

    name: str
    type: Tensor
    span: Span | None
    what: str
    made_by: str = ""
    """For an output: the kind of the op that gives it."""
    void: int | None = None
    """For a field: the number of what has no class."""


@frozen
class Comparable:
    """What losses and metrics can name: outputs of the model, and fields of the data.

    `outputs` is None where the model is broken, `fields` where the data is.
    """

    model: str
    outputs: Mapping[str, Named] | None
    data: str
    fields: Mapping[str, Named] | None
    reported: frozenset[str] = frozenset()
    """Names of the block that are wrong, and reported already."""


@frozen
class Compared:
    """A loss or metric with its output and its target."""

    made: Any
    output: Named
    target: Named
    axis: int | None


class Comparisons:
    """Reads losses and metrics of one block."""

    def __init__(self, objects: Objects, comparable: Comparable) -> None:
        self.objects = objects
        self.comparable = comparable

    def loss(self, e: tree.Expr) -> list[ir.LossTerm]:
        """The terms of a loss. Problems are collected; the terms that have none are returned."""
        return self.terms(e, 1.0)

    def terms(self, e: tree.Expr, factor: float) -> list[ir.LossTerm]:
        match e:
            case tree.Group(value=inner):
                return self.terms(inner, factor)
            case tree.Binary(op="+" | "-" as op, left=left, right=right):
                second = factor if op == "+" else -factor
                return self.terms(left, factor) + self.terms(right, second)
            case tree.Unary(op="-", operand=inner):
                return self.terms(inner, -factor)
            case tree.Binary(op="*" | "/", left=left, right=right):
                return self.scaled(e, left, right, factor)
        with self.objects.collecting():
            found = self.compared("loss", e)
            output = found.output
            self.objects.problems += activated(found.made, output.made_by, output.name, e.span)
            term = ir.LossTerm(
                factor=factor,
                loss=found.made,
                output=found.output.name,
                target=found.target.name,
                axis=found.axis,
                line=e.span.line,
            )
            return [term]
        return []

    def scaled(
        self, e: tree.Binary, left: tree.Expr, right: tree.Expr, factor: float
    ) -> list[ir.LossTerm]:
        """`0.3 * Loss(...)`, `Loss(...) / 2`."""
        loss, number = (left, right) if _has_loss(left) else (right, left)
        if not _has_loss(loss) or _has_loss(number) or (e.op == "/" and loss is right):
            with self.objects.collecting():
                raise SpecError(NotALoss(e.span, "a loss is multiplied by a constant"))
            return []
        with self.objects.collecting():
            value = self.objects.evaluator.value(number, self.objects.scope).value
            if not plain_number(value) or value == 0 or not isfinite(value):
                found = f"the factor is {describe(value)}"
                raise SpecError(NotALoss(number.span, found, "a factor is a number other than 0"))
            return self.terms(loss, factor * value if e.op == "*" else factor / value)
        return []

    def metrics(
        self, e: tree.Expr, activations: Mapping[str, Activation], step: str = ""
    ) -> list[ir.MetricUse]:
        """The metrics of a block, or of a `step` of it; each has a name of its own.
        `activations` are those that the loss implies, by output."""
        if not isinstance(e, tree.List):
            with self.objects.collecting():
                hint = f"write `[{e.span.text}]`"
                raise self.objects.wrong("metrics", e, "a list", hint)
            return []
        found: list[tuple[tree.Expr, Compared]] = []
        for item in e.items:
            with self.objects.collecting():
                found.append((item, self.compared("metric", item)))
        names = _distinct([c for _, c in found])
        return [
            ir.MetricUse(
                name=f"{step}.{name}" if step else name,
                step=step,
                metric=c.made,
                output=c.output.name,
                target=c.target.name,
                computed=None if c.target.name in self.fields else c.target.type,
                activation=activations.get(c.output.name, "none"),
                axis=c.axis,
                line=item.span.line,
            )
            for name, (item, c) in zip(names, found, strict=True)
        ]

    # -- one of them

    def compared(self, place: str, e: tree.Expr) -> Compared:
        """A loss or metric that is called on an output and a field. Raises SpecError."""
        name = callee(e)
        if name is None:
            raise SpecError(_no_call(place, e))
        cls = recipe.lookup(place, name.id)
        if cls is None:
            raise SpecError(self.objects.unknown(place, name))
        e = ungrouped(e)
        arguments = e.arguments if isinstance(e, tree.Call) else ()
        operands = [a for a in arguments if a.name is None]
        options = tuple(a for a in arguments if a.name is not None)
        for a in options:
            if a.name is not None and a.name.id in LATER_ARGUMENTS:
                raise SpecError(NotInThisVersion(a.span, LATER_ARGUMENTS[a.name.id]))
        made = self.options(cls, name, options, e.span)
        output, target = self.operands(cls.kind(), operands, e.span)
        if issubclass(cls, Classification) and target.what == WIRE:
            target = replace(target, type=as_classes(target.type))
        self.check(made, output, target, e.span)
        axis = made.made.class_axis(output.type, target.type)
        if axis is not None and target.what == WIRE:
            classes = int(output.type.shape[axis])
            target = replace(target, type=replace(target.type, classes=classes))
        return Compared(made.made, output, target, axis)

    def options(
        self, cls: Any, name: tree.Name, options: tuple[tree.Argument, ...], span: Span
    ) -> Configured[Any]:
        call = tree.Call(span, name, options)
        return self.objects.configured(cls, call)

    def operands(self, owner: str, given: list[tree.Argument], span: Span) -> tuple[Named, Named]:
        usage = f"write `{owner}(output, field)`"
        if len(given) != 2:
            count = {0: "nothing", 1: "one value"}.get(len(given), f"{len(given)} values")
            raise SpecError(WrongOperands(span, owner, f"it gets {count}", usage))
        outputs, fields = self.comparable.outputs, self.comparable.fields
        first, second = (self.operand(a.value) for a in given)
        if outputs is None or fields is None:
            raise Skip
        fields = {**fields, **{n: o for n, o in outputs.items() if o.what == WIRE}}
        if first in outputs and first in self.fields:
            what = f"`{first}` is both"
            raise SpecError(WrongOperands(given[0].span, owner, what, "rename one of them"))
        swapped = first in self.fields and second in outputs
        if swapped:
            hint = f"write `{owner}({second}, {first})`"
            raise SpecError(WrongOperands(span, owner, "these are the other way round", hint))
        found = (
            self.find(owner, given[0], first, outputs, fields),
            self.find(owner, given[1], second, fields, outputs),
        )
        for a, named in zip(given, found, strict=True):
            if named.type.common:
                what, hint = f"`{named.name}` is common to all examples", "name one for each"
                raise SpecError(WrongOperands(a.span, owner, what, hint))
        if found[1].what == WIRE and not all(map(fixed, found[1].type.shape)):
            what = "a metric of a computed target with rows of different lengths"
            raise SpecError(NotInThisVersion(given[1].span, what))
        return found

    @property
    def fields(self) -> Mapping[str, Named]:
        """The fields of the data."""
        return self.comparable.fields or {}

    def operand(self, e: tree.Expr) -> str:
        if isinstance(e, tree.Name):
            if e.id in self.comparable.reported:
                raise Skip
            return e.id
        what = "a metric of something computed"
        raise SpecError(NotInThisVersion(e.span, what, "name an output or wire, and a field"))

    def find(
        self,
        owner: str,
        a: tree.Argument,
        name: str,
        wanted: Mapping[str, Named],
        others: Mapping[str, Named],
    ) -> Named:
        if name in wanted:
            return wanted[name]
        which = "an output of the model" if wanted is self.comparable.outputs else "a field"
        if name in others:
            what = f"`{name}` is {others[name].what}, not {which}"
            known = ", ".join(wanted) or "none"
            raise SpecError(WrongOperands(a.span, owner, what, f"there are: {known}"))
        model, data = self.comparable.model, self.comparable.data
        where = f"output of {model}" if wanted is self.comparable.outputs else f"field of {data}"
        near = nearest(name, wanted)
        raise SpecError(UnknownName(a.span, name, where, near, tuple(wanted)))

    def check(self, made: Configured[Any], output: Named, target: Named, span: Span) -> None:
        places = tuple(
            Label(n.span, f"`{n.name}` is {n.type}") for n in (output, target) if n.span is not None
        )
        found = [
            DoesNotCompare(made.span(p.parameter, span), p.what, places, p.help)
            for p in made.made.problems(output.type, target.type)
        ]
        if not found and isinstance(made.made, Loss) and target.void is not None:
            found = [without_class(made.made, output.name, target.name, target.void, span)]
        if found:
            raise SpecError(*found)


def as_classes(t: Tensor) -> Tensor:
    """A target that is computed, as classes: of two where it is true or false, where it is a number
    of as many as the output has."""
    if t.dtype == "bool":
        return replace(t, dtype="class", classes=2)
    return replace(t, dtype="class") if t.dtype in INTEGERS else t


def without_class(loss: Loss, output: str, target: str, void: int, span: Span) -> DoesNotCompare:
    """What is said of a loss that would read a class where there is none."""
    hint = f"leave them out: `{loss.kind()}({output}, {target}, where={target} != {void})`"
    return DoesNotCompare(span, f"pixels of `{target}` may be {void}, which is no class", (), hint)


def _has_loss(e: tree.Expr) -> bool:
    """Whether a capitalised call stands in it."""
    match e:
        case tree.Group(value=inner) | tree.Unary(operand=inner):
            return _has_loss(inner)
        case tree.Binary(left=left, right=right):
            return _has_loss(left) or _has_loss(right)
        case tree.Call(callee=tree.Name(id=name)):
            return name[:1].isupper()
    return False


def _no_call(place: str, e: tree.Expr) -> Any:
    if place == "loss":
        return NotALoss(e.span, "")
    hint = "write `Accuracy(output, field)`"
    return WrongOperands(e.span, "a metric", "this is none", hint)


def _distinct(found: list[Compared]) -> list[str]:
    """Names for the log: the metric's own, with the output where several have it, numbered."""
    plain = [c.made.name() for c in found]
    names: list[str] = []
    for name, c in zip(plain, found, strict=True):
        if plain.count(name) > 1:
            name = f"{name}_{c.output.name}"
        number, taken = 2, name
        while taken in names:
            taken, number = f"{name}_{number}", number + 1
        names.append(taken)
    return names
