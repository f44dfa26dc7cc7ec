"""What a summary says: of each model its layers, of each block its settings."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Any, ClassVar

from dlspec.cli.table import size
from dlspec.cost import Cost, cost
from dlspec.declared import Declared, written
from dlspec.frozen import frozen
from dlspec.ir.model import ModelIR, Node, placed
from dlspec.ir.program import Program
from dlspec.ir.recipe import (
    Computation,
    Data,
    Export,
    Field,
    Figure,
    Generate,
    Group,
    OfField,
    Train,
)
from dlspec.programs.computed import OPERATORS
from dlspec.recipe.externs import Extern


@frozen
class ModelPart:
    """A model: a row for each layer, totals by name, and a line for each kind with its defaults."""

    HEAD: ClassVar = ("layer", "kind", "output", "parameters", "MACs", "activation", "line")
    NUMBERS: ClassVar = (3, 4, 5, 6)
    """The columns of numbers."""

    title: str
    types: str
    rows: tuple[tuple[str, ...], ...]
    totals: tuple[tuple[str, str], ...]
    defaults: tuple[str, ...]
    unknown: tuple[tuple[str, str, str], ...] = ()
    """Class counts that only the data tells: the parameter, the number that stands in its place,
    and the field."""


@frozen
class BlockPart:
    """The settings of a `data`, `train`, `export` or `generate` block."""

    title: str
    settings: tuple[tuple[str, str], ...]


def parts(program: Program) -> Iterator[ModelPart | BlockPart]:
    """Everything, in the order in which it is shown."""
    for name, train in program.trains.items():
        model = program.trained[name]
        yield _model(model, program.standing_in(name))
        yield _block("data", train.data, _data(program.data[train.data]))
        yield _block("train", name, _train(train))
    for model in program.models.values():
        if all(t.model != model.name for t in program.trains.values()):
            yield _model(model)
    for name, export in program.exports.items():
        yield _block("export", name, _export(export))
    for name, generate in program.generates.items():
        yield _block("generate", name, _generate(generate))


def _block(kind: str, name: str, settings: list[tuple[str, str]]) -> BlockPart:
    return BlockPart(f"{kind} {name}".rstrip(), tuple(settings))


def _model(model: ModelIR, standing_in: Mapping[str, str] = MappingProxyType({})) -> ModelPart:
    found, arguments = cost(model), model.root.arguments
    given = ", ".join(f"{n}={value(v)}" for n, v in arguments.items())
    inputs = ", ".join(f"{n}: {t}" for n, t in found.inputs.items())
    outputs = ", ".join(f"{n}: {t}" for n, t in found.outputs.items())
    rows = (
        (
            row.name,
            row.kind,
            ", ".join(map(str, row.output)),
            f"{row.parameters.learned:,}",
            f"{row.macs:,}",
            size(row.activation),
            placed(row.line, row.file),
        )
        for row in found.layers
    )
    p = found.parameters
    fixed = f" ({p.trainable:,} trained, {p.fixed:,} fixed)" if p.fixed else ""
    statistics = f", and {p.statistics:,} statistics" if p.statistics else ""
    return ModelPart(
        title=f"model {found.name}({given})",
        types=f"{inputs} -> {outputs}",
        rows=tuple(rows),
        totals=(
            ("parameters", f"{p.learned:,}{fixed}{statistics}"),
            ("MACs", f"{found.macs:,}  for one example"),
            ("activations", f"{size(found.activations)}  for one example"),
            *_said("init", model.initial),
            *_said("constraint", model.constraints),
        ),
        defaults=tuple(_defaults(found)),
        unknown=tuple((name, str(arguments[name]), f) for name, f in standing_in.items()),
    )


def _said(setting: str, by_name: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """What `weights` groups of a model say, for the weights of which they say it."""
    groups: dict[str, list[str]] = {}
    for name, found in by_name.items():
        groups.setdefault(value(found), []).append(name)
    for said, names in groups.items():
        yield setting, f"{said}: {_some(names)}"


def _defaults(found: Cost) -> Iterator[str]:
    """The defaults of layers; layers of a kind that took the same ones share a line."""
    groups: dict[tuple[str, str], int] = {}
    for row in found.layers:
        taken = ", ".join(f"{n}={value(v)}" for n, v in row.defaults.items())
        if taken:
            groups[row.kind, taken] = groups.get((row.kind, taken), 0) + 1
    for (kind, taken), count in groups.items():
        times = f" ({count} times)" if count > 1 else ""
        yield f"{kind}{times}: {taken}"


def _data(data: Data) -> list[tuple[str, str]]:
    source = [value(data.source), *([value(data.windows)] if data.windows else [])]
    found = [("source", " -> ".join(source))]
    for f in data.fields:
        stages = [_origin(f)]
        stages += [value(t.transform) for t in f.transforms]
        found.append((f.name, f"{f.type} = {' -> '.join(stages)}"))
    found.append(("split", value(data.split)))
    for a in data.augment:
        found.append(("augment", " -> ".join([", ".join(a.fields), *map(value, a.transforms)])))
    return found


def _origin(f: Field) -> str:
    """What a field begins with, as a spec writes it."""
    if f.computed is not None:
        return _expression(f.computed)
    places = f.crossed or tuple((c,) for c in f.columns)
    names = [", ".join(f'"{c}"' for c in place) for place in places]
    names = [f"({n})" if len(p) > 1 else n for n, p in zip(names, places, strict=True)]
    return f"column{'s' * (len(f.columns) > 1)}({', '.join(names)})"


def _expression(c: Computation) -> str:
    """`series[:336]`, `(high - low)`."""
    match c:
        case OfField(field=name):
            return name
        case Figure(number=number):
            return f"{number:g}"
    operands = [_expression(x) for x in c.of]
    if c.op.kind() == "getitem":
        return f"{operands[0]}[{', '.join(map(_place, c.op.model_dump()['at']))}]"
    sign = OPERATORS[c.op.kind()]
    return f"({operands[0]} {sign} {operands[1]})" if len(operands) > 1 else f"-{operands[0]}"


def _place(item: object) -> str:
    if isinstance(item, tuple | list):
        start, stop, step = ("" if i is None else str(i) for i in item)
        return f"{start}:{stop}:{step}" if step else f"{start}:{stop}"
    return "none" if item is None else str(item)


def _train(train: Train) -> list[tuple[str, str]]:
    found = [
        ("data", train.data),
        ("model", train.model),
        ("inputs", ", ".join(f"{i}={f}" for i, f in train.inputs.items())),
        *_computed(train),
        ("schedule", " -> ".join(map(value, train.schedule)) or "constant"),
    ]
    length = "epochs" if train.steps is None else "steps"
    for name in (length, "batch", "clip_norm", "precision", "numerics", "seed", "early_stop"):
        given = getattr(train, name)
        if name == "batch":
            given = train.balanced or train.bucketed or given
        found.append((name, value(given)))
    for group in train.groups:
        found.append(("weights", f"{_group(group)}: {_some(group.weights)}"))
    for m in train.metrics:
        found.append((m.name, value(m.metric, m.output, m.target)))
    return found


def _group(group: Group) -> str:
    """What is said of some weights, where it is not the default."""
    found = [] if group.optimizer is None else [f"optimizer={value(group.optimizer)}"]
    if group.lr_scale != 1:
        found.append(f"lr_scale={group.lr_scale:g}")
    if group.weight_decay is not None:
        found.append(f"weight_decay={group.weight_decay:g}")
    if group.frozen is None:
        found.append("frozen=true")
    elif group.frozen:
        found.append(f"frozen=until({group.frozen} epochs)")
    return ", ".join(found)


def _some(names: Sequence[str]) -> str:
    """`conv2d.bias, dense.bias and 12 more`."""
    more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
    return ", ".join(names[:SHOWN]) + more


SHOWN = 4


def _computed(train: Train) -> list[tuple[str, str]]:
    """The loss and the optimizer; those of each step, where there are several."""
    if not train.rounds:
        return [("loss", _loss(train)), ("optimizer", value(train.optimizer))]
    found = []
    for step in train.rounds:
        times = f", {step.times} batches of each round" if step.times > 1 else ""
        found.append((step.name, f"updates {', '.join(step.updates)}{times}"))
        found.append(("loss", " ".join(step.text.split())))
        found.append(("optimizer", value(step.optimizer)))
    return found


def _loss(train: Train) -> str:
    """Its terms; of one that is more than their sum, what is written."""
    if train.step is not None:
        return " ".join(train.step.text.split())
    return " + ".join(
        ("" if t.factor == 1 else f"{t.factor:g} * ") + value(t.loss, t.output, t.target)
        for t in train.loss
    )


def _export(export: Export) -> list[tuple[str, str]]:
    found = [
        ("file", export.file),
        ("format", export.format),
        ("quantize", value(export.quantize)),
        ("dynamic", value(list(export.dynamic))),
    ]
    return [*found, *((limit.measure, f"at most {limit.text}") for limit in export.budget)]


def _generate(g: Generate) -> list[tuple[str, str]]:
    found = [
        ("feed", " -> ".join(filter(None, (g.output, g.input)))),
        ("strategy", value(g.strategy)),
    ]
    if g.limit is None:
        return found
    limit = f"{g.limit} steps"
    return [*found, ("start", value(g.start)), ("end", value(g.end)), ("limit", limit)]


def value(found: Any, *inputs: str) -> str:
    """A value as a spec writes it, objects with all their arguments; losses and metrics are called
    on `inputs`."""
    match found:
        case Extern():
            given = [*inputs, *(f"{name}={value(v)}" for name, v in found.arguments_.items())]
            return f"{found.name}({', '.join(given)}), by {found.function}"
        case Declared():
            fields = type(found).model_fields
            given = [f"{f.removesuffix('_')}={value(getattr(found, f))}" for f in fields]
            given = [*inputs, *given]
            return found.kind() + (f"({', '.join(given)})" if given else "")
        case Node():
            return str(found)
        case bool() | str() | None | tuple() | list():
            return written(found)
        case _:
            return str(found)
