"""`dlspec summary`: what a spec makes, what it costs, and every default that was taken."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from dlspec.cli.report import report
from dlspec.cli.spec import checked
from dlspec.cli.table import size, table
from dlspec.cost import Cost, cost
from dlspec.declared import Declared, written
from dlspec.diagnostics import SpecError
from dlspec.ir.model import Node
from dlspec.ir.program import Program
from dlspec.ir.recipe import Data, Export, Train


def summary(spec: Path, as_json: bool, given: Sequence[str], with_origins: bool = False) -> int:
    """Prints the summary of a spec; `with_origins` adds where every value comes from."""
    if with_origins:
        return _with_origins(spec, as_json, given)
    program = checked(spec, given)[1]
    if as_json:
        print(json.dumps(to_json(program), indent=2, ensure_ascii=False))
    else:
        print("\n".join(text(program)))
    return 0


def _with_origins(spec: Path, as_json: bool, given: Sequence[str]) -> int:
    from dlspec.cli import origins
    from dlspec.pipeline.origins import check_origins

    result, found = check_origins(spec, given)
    if result.program is None or result.source is None or found is None:
        raise SpecError(*result.diagnostics)
    report(result.diagnostics)
    if as_json:
        whole = {**to_json(result.program), "origins": origins.to_json(found)}
        print(json.dumps(whole, indent=2, ensure_ascii=False))
    else:
        print("\n".join([*text(result.program), *origins.text(found, result.source, _value)]))
    return 0


# --- JSON -------------------------------------------------------------------------------------


def to_json(program: Program) -> dict[str, Any]:
    """`models` has each model, with its defaults where it has some, else as it is trained;
    `trains` each as it is trained."""
    trained = {name: cost(model) for name, model in program.trained.items()}
    models = {name: cost(model) for name, model in program.models.items()}
    for found in trained.values():
        models.setdefault(found.name, found)
    return {
        "models": {name: found.to_json() for name, found in models.items()},
        "trains": {
            name: {"model": found.name, **found.to_json()} for name, found in trained.items()
        },
    }


# --- text -------------------------------------------------------------------------------------


def text(program: Program) -> Iterator[str]:
    """The summary for people, as paragraphs."""
    for name, train in program.trains.items():
        model = program.trained[name]
        yield from _model(cost(model), model.root.arguments)
        yield from _block("data", train.data, _data(program.data[train.data]))
        yield from _block("train", name, _train(train))
    for model in program.models.values():
        if all(t.model != model.name for t in program.trains.values()):
            yield from _model(cost(model), model.root.arguments)
    for name, export in program.exports.items():
        yield from _block("export", name, _export(export))


def _model(found: Cost, arguments: dict[str, Any]) -> Iterator[str]:
    given = ", ".join(f"{n}={_value(v)}" for n, v in arguments.items())
    inputs = ", ".join(f"{n}: {t}" for n, t in found.inputs.items())
    outputs = ", ".join(f"{n}: {t}" for n, t in found.outputs.items())
    yield f"model {found.name}({given})"
    yield f"  {inputs} -> {outputs}"
    yield ""
    head = ("layer", "kind", "output", "parameters", "MACs", "activation", "line")
    rows = [
        (
            row.name,
            row.kind,
            ", ".join(map(str, row.output)),
            f"{row.parameters.learned:,}",
            f"{row.macs:,}",
            size(row.activation),
            str(row.line),
        )
        for row in found.layers
    ]
    yield _indented(table(head, rows, (3, 4, 5, 6)))
    yield ""
    p = found.parameters
    fixed = f" ({p.trainable:,} trained, {p.fixed:,} fixed)" if p.fixed else ""
    statistics = f", and {p.statistics:,} statistics" if p.statistics else ""
    yield f"  parameters   {p.learned:,}{fixed}{statistics}"
    yield f"  MACs         {found.macs:,}  for one example"
    yield f"  activations  {size(found.activations)}  for one example"
    yield from _defaults(found)
    yield ""


def _defaults(found: Cost) -> Iterator[str]:
    """The defaults of layers; layers of a kind that took the same ones share a line."""
    groups: dict[tuple[str, str], int] = {}
    for row in found.layers:
        taken = ", ".join(f"{n}={_value(v)}" for n, v in row.defaults.items())
        if taken:
            groups[row.kind, taken] = groups.get((row.kind, taken), 0) + 1
    if groups:
        yield ""
        yield "  defaults taken"
    for (kind, taken), count in groups.items():
        times = f" ({count} times)" if count > 1 else ""
        yield f"    {kind}{times}: {taken}"


def _block(kind: str, name: str, settings: list[tuple[str, str]]) -> Iterator[str]:
    width = max(len(n) for n, _ in settings)
    yield f"{kind} {name}".rstrip()
    for setting, value in settings:
        yield f"  {setting.ljust(width)}  {value}"
    yield ""


def _data(data: Data) -> list[tuple[str, str]]:
    found = [("source", _value(data.source))]
    for f in data.fields:
        columns = ", ".join(f'"{c}"' for c in f.columns)
        stages = [f"column{'s' * (len(f.columns) > 1)}({columns})"]
        stages += [_value(t.transform) for t in f.transforms]
        found.append((f.name, f"{f.type} = {' -> '.join(stages)}"))
    found.append(("split", _value(data.split)))
    for a in data.augment:
        found.append(("augment", " -> ".join([", ".join(a.fields), *map(_value, a.transforms)])))
    return found


def _train(train: Train) -> list[tuple[str, str]]:
    found = [
        ("data", train.data),
        ("model", train.model),
        ("inputs", ", ".join(f"{i}={f}" for i, f in train.inputs.items())),
        (
            "loss",
            " + ".join(
                ("" if t.factor == 1 else f"{t.factor:g} * ")
                + f"{_value(t.loss)} of {t.output}, {t.target}"
                for t in train.loss
            ),
        ),
        ("optimizer", _value(train.optimizer)),
        ("schedule", " -> ".join(map(_value, train.schedule)) or "constant"),
    ]
    for name in ("epochs", "batch", "clip_norm", "precision", "numerics", "seed", "early_stop"):
        found.append((name, _value(getattr(train, name))))
    for m in train.metrics:
        found.append((m.name, f"{_value(m.metric)} of {m.output}, {m.target}"))
    return found


def _export(export: Export) -> list[tuple[str, str]]:
    found = [
        ("file", export.file),
        ("format", export.format),
        ("quantize", _value(export.quantize)),
        ("dynamic", _value(list(export.dynamic))),
    ]
    return [*found, *((limit.measure, f"at most {limit.text}") for limit in export.budget)]


def _value(value: Any) -> str:
    """A value as a spec writes it, objects with all their arguments."""
    match value:
        case Declared():
            given = [
                f"{f.removesuffix('_')}={_value(getattr(value, f))}"
                for f in type(value).model_fields
            ]
            return value.kind() + (f"({', '.join(given)})" if given else "")
        case Node():
            return str(value)
        case bool() | str() | None | tuple() | list():
            return written(value)
        case _:
            return str(value)


def _indented(block: str) -> str:
    return "\n".join("  " + line for line in block.split("\n"))
