"""The budget of an export: what its file may cost at most."""

from __future__ import annotations

from dlspec.diagnostics import SpecError, nearest
from dlspec.diagnostics.export import BadLimit
from dlspec.diagnostics.recipe import SettingTwice
from dlspec.elaborate.objects import Objects
from dlspec.elaborate.settings import head
from dlspec.elaborate.values import describe
from dlspec.ir import recipe as ir
from dlspec.recipe.budgets import MEASURES, limit
from dlspec.source import Span
from dlspec.syntax import tree


def limits(body: tree.Body, objects: Objects, train: ir.Train | None) -> tuple[ir.Limit, ...]:
    """The lines of a budget; `objects` collects what is wrong with them."""
    found: list[ir.Limit] = []
    first: dict[str, Span] = {}
    for s in body.statements:
        if isinstance(s, tree.Broken):
            continue
        with objects.collecting():
            name, most = _parts(s)
            made = _limit(name, most, s, objects)
            if name.id in first:
                raise SpecError(SettingTwice(name.span, name.id, first[name.id]))
            first[name.id] = name.span
            if name.id == "accuracy_drop" and train is not None:
                _check_metric(name, train)
            found.append(made)
    return tuple(found)


def _parts(s: tree.Statement) -> tuple[tree.Name, tree.Expr]:
    """The measure and the most that it may be."""
    match s:
        case tree.Bare(value=tree.Binary(op="<=", left=tree.Name() as name, right=most)):
            return name, most
        case tree.Bare(value=tree.Binary(op="<" | "==" | ">=" | ">", left=tree.Name())):
            raise SpecError(BadLimit(s.span, "a limit is written with `<=`"))
        case tree.Assign(names=(name,)):
            hint = f"write `{name.id} <= {s.value.span.text}`"
            raise SpecError(BadLimit(s.span, "a limit is written with `<=`", hint))
    raise SpecError(BadLimit(head(s), "this is not a limit", "write `size <= 60 KB`"))


def _limit(name: tree.Name, most: tree.Expr, s: tree.Statement, objects: Objects) -> ir.Limit:
    measure = MEASURES.get(name.id)
    if measure is None:
        near = nearest(name.id, MEASURES)
        meant = f", did you mean `{near}`?" if near else ""
        what = f"a budget cannot limit `{name.id}`{meant}"
        raise SpecError(BadLimit(name.span, what, f"there are: {', '.join(MEASURES)}"))
    value = objects.value(most)
    number = limit(name.id, value)
    if number is None:
        what = f"`{name.id}` is {measure.what}, and not {describe(value)}"
        raise SpecError(BadLimit(most.span, what, f"write `{name.id} <= {measure.example}`"))
    return ir.Limit(
        measure=name.id,  # type: ignore[arg-type]
        most=number,
        text=most.span.text,
        line=s.span.line,
    )


def _check_metric(name: tree.Name, train: ir.Train) -> None:
    """`accuracy_drop` needs a metric that is a share of something."""
    if not train.metrics:
        what = "`accuracy_drop` is points of the first metric, and the training has none"
        raise SpecError(BadLimit(name.span, what, "add `metrics = [...]` to it"))
    if not train.measured:
        what = "`accuracy_drop` is points of a metric of the model's outputs, and these are wires"
        raise SpecError(BadLimit(name.span, what, "feed the model with fields, as `model = Net()`"))
    first = train.metrics[0].metric
    if not first.scalar or not first.greater_is_better:
        what = f"`accuracy_drop` is points of the first metric, which is {first.kind()}"
        hint = "put one first that is a share, such as Accuracy"
        raise SpecError(BadLimit(name.span, what, hint))
