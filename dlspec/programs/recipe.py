"""`recipe.py` of a program: learning rates, where a run stands, metrics, the log."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from dlspec.emit import python as py
from dlspec.expr import fixed
from dlspec.ir.recipe import Data, MetricUse, Train
from dlspec.passes.padding import lengths_name
from dlspec.programs.compose import Written, compose
from dlspec.programs.groups import FILE as GROUPED
from dlspec.programs.groups import table
from dlspec.programs.words import best_text
from dlspec.recipe.metrics import (
    F1,
    MAE,
    R2,
    RMSE,
    Accuracy,
    Averaged,
    Classification,
    ConfusionMatrix,
    Precision,
    Recall,
)
from dlspec.recipe.schedules import Constant, Cosine, Linear, Schedule, Step, Warmup
from dlspec.tensor import Tensor
from dlspec.units import Duration

DOC = "What every run needs and no framework has a say in."
IMPORTS = (
    py.Import("math"),
    py.From("typing", ("Any",)),
    py.Import("numpy", "np"),
    py.From("weights", ("CheckpointError", "write_whole")),
)
FILES = ("schedules", "metrics", "log", "rounds", GROUPED)
AVERAGED = {Precision: "precision", Recall: "recall", F1: "f1"}
ERRORS = {MAE: "mae", RMSE: "rmse", R2: "r2"}


def recipe_file(train: Train, data: Data, weights: Collection[str] = ()) -> str:
    """The text of `recipe.py`; `weights` are the names of those that the model learns.

    It offers `Run` (with `improved(value)` and `resume()`, where there are validation rows),
    `claimed(folder)`, `restored(path, facts)`, `ended(run, epochs)`, `log`, `rewind` and
    `write_lock`;
    `rates(peak, steps, per_epoch)`, where the learning rate changes; `differing(name)`,
    `frozen(name)` and `waited(name, run, per_epoch)`, where some weights are updated in a way of
    their own; `ROUND` and `updates_of(step, batches)`, where there are several steps; and, where it
    has metrics, `scores(outputs, rows)`: values by their names, from whole sets of arrays by name.
    """
    run, constants = "counted", []
    on, direction = train.best_by
    validated = "val" in data.split.shares() and train.judged
    patience = train.early_stop.count if validated and train.early_stop is not None else None
    if validated:
        run = "lowest" if direction == "min" else "highest"
        constants.append(
            py.Assign("BEST", py.literal(best_text(train)), "what makes an epoch the best")
        )
    if patience is not None:
        comment = "epochs without a better one"
        constants.append(py.Assign("PATIENCE", py.literal(patience), comment))
    functions: list[py.Function | str] = []
    if train.rounds:
        constants.append(py.Assign("ROUND", _round(train), "the step that each batch is for"))
        functions.append("updates_of")
    if train.groups:
        constants.append(table(train, weights))
        functions.append("differing")
    if train.freezes:
        functions += ["frozen", "waited"]
    if train.scheduled:
        functions.append(_rates(train.schedule))
    functions += ["Run", _ended(train, on, patience)]
    if train.metrics:
        functions.append(_scores(train.metrics, data))
    functions += ["claimed", "restored", "log", "rewind", "write_lock"]
    return compose(Written(DOC, (run, *FILES), IMPORTS, constants, functions))


def _round(train: Train) -> py.Expr:
    """The names of the steps of a round, each as often as it takes a batch."""
    found: list[list[str]] = []
    for step in train.rounds:
        found += [[step.name]] * step.times if step.times <= 2 else [[step.name] * step.times]
    parts: list[str] = []
    once: list[str] = []
    for names in (*found, []):
        if len(names) == 1:
            once += names
            continue
        if once:
            parts.append(str(py.literal(tuple(once))))
            once = []
        if names:
            parts.append(f"{py.literal((names[0],))} * {len(names)}")
    return py.Code(" + ".join(parts))


def _ended(train: Train, on: str, patience: int | None) -> py.Function:
    """Whether a run is at its end: `ended(run, epochs)`, or `ended(run, steps)`."""
    since = f"no better {on} since epoch {{run.epoch - run.wait}}"
    waited = py.Code(f'f"{since}; a greater patience goes on"')
    counted = 'f"the run has {run.epoch} of {epochs} epochs; a greater --epochs goes on"'
    body: list[py.Statement] = []
    if patience is not None:
        body.append(py.If("run.wait >= PATIENCE", [py.Return(waited)]))
    done, of = py.Code("run.epoch >= epochs"), "epochs"
    if train.steps is not None:
        steps = "run.step // len(ROUND)" if train.rounds else "run.step"
        counted = f'f"the run has {{{steps}}} of {{steps}} steps; a greater --steps goes on"'
        done, of = py.Code(f"{steps} >= steps"), "steps"
    body += [py.If(done, [py.Return(counted)]), py.Return('""')]
    params = (py.Param("run", "Run"), py.Param(of, "int"))
    doc = "Why a run is at its end, and what lets it go on; nothing where it is not."
    return py.Function("ended", params, body, "str", doc)


# --- learning rates ---------------------------------------------------------------------------


def _rates(phases: Sequence[Schedule]) -> py.Function:
    """Each phase begins at the level where the one before it ended."""
    body: list[py.Statement] = []
    parts: list[py.Expr] = []
    level: py.Expr = py.Code("peak")
    rest: py.Expr = py.Code("steps")
    whole = phases if phases[-1].duration is None else (*phases, Constant())
    for phase in whole:
        steps = rest
        if phase.duration is not None:
            steps = _steps(phase.duration)
            if not isinstance(steps, py.Atom | py.Code):
                name = py.Code(py.identifier(phase.kind() + "_steps", _assigned(body)))
                body.append(py.Assign(name, steps))
                steps = name
            rest = py.Binary(rest, "-", steps)
        parts.append(_phase(phase, level, steps))
        level = _end(phase, level, steps)
    if len(parts) == 1:
        made: py.Expr = parts[0]
    else:
        joined = py.call("np.concatenate", py.List(tuple(parts)))
        made = py.Index(joined, py.Slice(None, py.Code("steps")))
    said = " -> ".join(_said(phase) for phase in phases)
    kinds = {"peak": "float", "steps": "int", "per_epoch": "int"}
    params = [py.Param(name, kind) for name, kind in kinds.items()]
    doc = f"{said}: one learning rate for each step."
    return py.Function("rates", params, [*body, py.Return(made)], "np.ndarray", doc)


def _assigned(body: Sequence[py.Statement]) -> set[str]:
    return {str(s.target) for s in body if isinstance(s, py.Assign)}


def _steps(duration: Duration) -> py.Expr:
    """The number of steps, in terms of `steps` (all of them) and `per_epoch`."""
    whole = duration.value == int(duration.value)
    value = py.literal(int(duration.value) if whole else duration.value)
    match duration.unit:
        case "steps":
            return value
        case "%":
            return py.call("round", py.Binary(value, "*", py.Code("(steps / 100)")))
    if duration.value == 1:
        return py.Code("per_epoch")
    product = py.Binary(value, "*", "per_epoch")
    return product if whole else py.call("round", product)


def _every(step: Step) -> py.Expr:
    found = _steps(step.every)
    return found if isinstance(found, py.Code) else py.call("max", 1, found)


def _phase(phase: Schedule, level: py.Expr, steps: py.Expr) -> py.Expr:
    match phase:
        case Warmup():
            return py.call("warmup", level, steps)
        case Constant():
            return py.call("constant", level, steps)
        case Cosine(to=to):
            return py.call("cosine", level, steps, to=to)
        case Linear(to=to):
            return py.call("linear", level, steps, to=to)
        case Step(gamma=gamma):
            return py.call("step", level, steps, _every(phase), gamma)
    raise TypeError(f"no code for {phase.kind()}")


def _end(phase: Schedule, level: py.Expr, steps: py.Expr) -> py.Expr:
    """The level after a phase."""
    match phase:
        case Cosine(to=to) | Linear(to=to):
            return py.literal(to)
        case Step(gamma=gamma):
            last = py.call("max", 0, py.Binary(steps, "-", "1"))
            times = py.Binary(last, "//", _every(phase))
            return py.Binary(level, "*", py.Binary(py.literal(gamma), "**", times))
    return level


def _said(phase: Schedule) -> str:
    """A phase as a spec writes it."""
    given = [] if phase.duration is None else [str(phase.duration)]
    match phase:
        case Cosine(to=to) | Linear(to=to):
            given.append(f"to={to:g}")
        case Step(gamma=gamma, every=every):
            given = [f"{gamma:g}", f"every={every}", *(f"duration={d}" for d in given)]
    return f"{phase.kind()}({', '.join(given)})" if given else phase.kind()


# --- metrics ----------------------------------------------------------------------------------


def _scores(uses: Sequence[MetricUse], data: Data) -> py.Function:
    body: list[py.Statement] = []
    tables: dict[py.Expr, str] = {}
    values: list[tuple[py.Expr | str, py.Expr | str]] = []
    for use in uses:
        if isinstance(use.metric, Classification) and not _is_top(use):
            table = _table(use, data)
            if table not in tables:
                tables[table] = py.identifier("table", tables.values())
                body.append(py.Assign(tables[table], table))
            value = _of_table(use, py.Code(tables[table]), data)
        else:
            value = _of_arrays(use, data)
        values.append((py.literal(use.name), value))
    body.append(py.Return(py.Dict(tuple(values), broken=True)))
    arrays = "dict[str, np.ndarray]"
    params = [py.Param("outputs", arrays), py.Param("rows", arrays)]
    doc = "The metrics of a whole set, by their names."
    return py.Function("scores", params, body, "dict[str, Any]", doc)


def _is_top(use: MetricUse) -> bool:
    return isinstance(use.metric, Accuracy) and use.metric.top > 1


def _output(use: MetricUse, data: Data) -> py.Expr:
    value = py.Index("outputs", py.literal(use.array(use.output)))
    ragged = _ragged(use, data)
    if ragged is None:
        return value
    at, dim = ragged
    return _real(value, dim, at + (use.axis is not None and use.axis <= at))


def _target(use: MetricUse, data: Data) -> py.Expr:
    if use.computed is not None:
        return py.Index("outputs", py.literal(use.array(use.target)))
    value = py.Index("rows", py.literal(use.target))
    ragged = _ragged(use, data)
    return value if ragged is None else _real(value, ragged[1], ragged[0])


def _type(use: MetricUse, data: Data) -> Tensor:
    """The type of the target."""
    return use.computed or data.field(use.target).type


def _ragged(use: MetricUse, data: Data) -> tuple[int, str] | None:
    """The axis of the target on which rows differ, and its dimension; None where they do not."""
    sizes = enumerate(_type(use, data).shape)
    return next(((a, str(n)) for a, n in sizes if not fixed(n)), None)


def _real(value: py.Expr, dim: str, axis: int) -> py.Expr:
    """The places of all rows without what pads them, one behind the other."""
    lengths = py.Index("rows", py.literal(lengths_name(dim)))
    return py.call("real", value, lengths, axis + 1)


def _axis(use: MetricUse, data: Data) -> int:
    """The axis of the classes, behind that of the rows or of their places."""
    assert use.axis is not None
    ragged = _ragged(use, data)
    return use.axis + 1 if ragged is None or use.axis <= ragged[0] else use.axis


def _table(use: MetricUse, data: Data) -> py.Expr:
    """The confusion matrix, from which all metrics of classes follow."""
    if use.axis is None:
        half = py.literal(0 if use.activation == "sigmoid" else 0.5)
        predicted: py.Expr = py.Compare(_output(use, data), ">", half)
        count: py.Expr = py.literal(2)
    else:
        axis = py.literal(_axis(use, data))
        predicted = py.Call(py.Attribute(_output(use, data), "argmax"), (py.Arg(axis),))
        known = _type(use, data).classes
        shape = py.Attribute(_output(use, data), "shape")
        count = py.Index(shape, axis) if known is None else py.literal(known)
    if use.computed is None and use.target in data.void:
        pair = py.call("of_classes", _target(use, data), predicted, count)
        return py.Call("confusion", (py.Arg(py.Star(pair)), py.Arg(count)))
    return py.call("confusion", _target(use, data), predicted, count)


def _of_table(use: MetricUse, table: py.Expr, data: Data) -> py.Expr:
    match use.metric:
        case Accuracy():
            return py.call("accuracy", table)
        case ConfusionMatrix():
            return py.call(py.Attribute(table, "tolist"))
        case Averaged() as metric:
            each = py.call(AVERAGED[type(metric)], table)
            match metric.averaging(_type(use, data)):
                case "binary":
                    return py.call("float", py.Index(each, py.literal(1)))
                case "micro":
                    return py.call("accuracy", table)
                case average:
                    return py.call(average, each, table)
    raise TypeError(f"no code for {use.metric.kind()}")


def _of_arrays(use: MetricUse, data: Data) -> py.Expr:
    output, target = _output(use, data), _target(use, data)
    axis = -1 if use.axis is None else _axis(use, data)
    if isinstance(use.metric, Accuracy):
        return py.call("top_accuracy", target, output, use.metric.top, axis)
    if use.activation == "sigmoid":
        output = py.call("sigmoid", output)
    elif use.activation == "softmax":
        output = py.call("softmax", output, axis)
    return py.call(ERRORS[type(use.metric)], target, output)
