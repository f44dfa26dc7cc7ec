"""Predictions of a run, or of a file that it exported, for rows from a file."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from itertools import chain
from itertools import count as numbers_from
from pathlib import Path
from typing import Any

from dlspec.diagnostics import SpecError
from dlspec.diagnostics.runs import CannotReadInput, UnknownModelFile
from dlspec.emit.files import write_tree
from dlspec.expr import fixed
from dlspec.frozen import frozen
from dlspec.ir.networks import held
from dlspec.length import put
from dlspec.passes.padding import lengths_name
from dlspec.programs.inputs import inputs_file, takes
from dlspec.recipe.losses import MAE, MSE, Huber
from dlspec.recipe.transforms import Scale, Standardize
from dlspec.runners.compare import NAMES
from dlspec.runners.process import run_one
from dlspec.runners.trained import Trained, answer, class_names, program_in
from dlspec.tensor import Shape

OF_VALUES = (MSE, MAE, Huber)
"""Losses whose output is what the target is, and no score of it."""
Lengths = Mapping[str, Sequence[int]]
"""How long each row is, by the names of sizes or lengths; nothing where all are of one length."""


@frozen
class Head:
    """An output for all rows. `classes` are names by number, for an output of classes."""

    name: str
    target: str
    classes: tuple[str, ...]
    values: Any
    """Probabilities for an output of classes, else the output itself, in the unit of the column
    that it predicts; nested lists, rows first, each as long as it is."""
    chosen: Any
    """The number of the likeliest class; None for an output that is no classes."""

    @property
    def binary(self) -> bool:
        """One probability for each row, that of the second class."""
        return self.chosen is not None and len(self.classes) == 2 and _width(self.values) == 1


def predict(run: Trained, input: Path, model: Path | None, scratch: Path) -> list[Head]:
    """What the model makes of the rows of a file. Raises SpecError."""
    inputs, outputs = scratch / "inputs.npz", scratch / "outputs.npz"
    network = network_of(run, model)
    task = prepare_task(run, input, scratch, inputs, model)
    made = answer("predict", "the data", run_one("prepare", task))
    if "unreadable" in made:
        raise SpecError(unreadable(run, input, made["unreadable"]))
    if model is None:
        backend = run.record.backend
        program = program_in(run, backend, scratch)
        child, task = f"forward_{backend}", run.forward(program, inputs, outputs, "float32")
    else:
        backend = model.suffix.lower().removeprefix(".")
        if backend not in ("onnx", "tflite"):
            raise SpecError(UnknownModelFile(None, model.as_posix(), ""))
        child, task = f"forward_{backend}", run.forward_file(model, inputs, outputs, network)
    outcome = run_one(child, task)
    if model is not None and outcome.answer is not None and "unfit" in outcome.answer:
        raise SpecError(UnknownModelFile(None, model.as_posix(), outcome.answer["unfit"]))
    answer("predict", NAMES[backend], outcome)
    told = answered(run, made["given"], network)
    names = [name for name in run.outputs if name in told]
    found = answer("predict", "the outputs", run_one("decide", decide_task(run, names, outputs)))
    return list(heads(run, found["heads"], lengths_of(run, made["lengths"], made["told"])))


def lengths_of(run: Trained, columns: Lengths, told: Lengths) -> Lengths:
    """How long each row is, by the dynamic sizes of the model: as the `columns` of the data say, or
    as the model's own inputs are `told`."""
    sizes = {n: lengths_name(str(at)) for n, at in run.train.lengths.items()}
    found = {n: columns[column] for n, column in sizes.items() if column in columns}
    return found | {n: told[lengths_name(n)] for n in sizes if lengths_name(n) in told}


def network_of(run: Trained, model: Path | None) -> str:
    """Which of several networks an exported file holds; nothing for a file of another name."""
    exports = run.program.exports.values()
    return next((e.network for e in exports if model is not None and e.file == model.name), "")


def together(run: Trained, network: str) -> list[list[str]]:
    """The inputs that no field feeds, those of one network together."""
    if not run.train.networks:
        return [list(run.computed)]
    return [list(n.takes) for name, n in held(run.model).items() if network in ("", name)]


def answered(run: Trained, given: Sequence[str], network: str) -> Collection[str]:
    """The outputs that are told: of several networks, those whose inputs are given."""
    if not run.train.networks:
        return run.outputs
    networks = {n: of for n, of in held(run.model).items() if network in ("", n)}
    whole = (of for of in networks.values() if set(of.takes).issubset(given))
    return {name for of in whole for name in of.gives}


def prepare_task(
    run: Trained, input: Path, scratch: Path, outputs: Path, model: Path | None = None
) -> dict[str, Any]:
    """The task of reading a file, by a script that is written into the scratch folder for it.

    States begin with their first values, in a program; a `model` of a file wants them as inputs.
    Raises SpecError where a file cannot hold all that the model reads.
    """
    for name in run.computed if model is not None else ():
        if name in run.model.root.states:
            why = f"{run.model.name} has the state `{name}`, which a file with --model wants given"
            raise SpecError(CannotReadInput(None, input.as_posix(), why, ()))
    reader = scratch / "reader"
    write_tree(reader, {"inputs.py": inputs_file(run.data, run.train)})
    return {
        "program": str(run.folder.resolve()),
        "reader": str(reader.resolve()),
        "input": str(input.resolve()),
        "fitted": run.lock.fitted,
        "inputs": run.fed,
        "given": {n: of for n, of in run.computed.items() if n not in run.model.root.states},
        "together": together(run, network_of(run, model)),
        "open": {n: axes for n, axes in run.open.items() if n in run.computed},
        "told": {n: most for n, most in run.lengths.items() if n in run.computed},
        "names": [n for n, _ in run.model.root.inputs if n not in run.model.root.states],
        "outputs": str(outputs),
    }


def unreadable(run: Trained, input: Path, why: str) -> CannotReadInput:
    """The error for what a program says of a file: its path stands in the title already."""
    rest = why.removeprefix(str(input.resolve()))
    if rest != why:
        why = rest[2:] if rest.startswith((", ", ": ")) else f"it{rest}"
    known = takes(run.data, run.train) if run.fed else ()
    return CannotReadInput(None, input.as_posix(), why, known)


def decide_task(run: Trained, names: Sequence[str], outputs: Path) -> dict[str, Any]:
    axes = {t.output: t.axis for t in run.train.loss if t.axis is not None}
    return {
        "outputs": str(outputs),
        "heads": {
            name: {
                "activation": run.train.activation(name),
                "axis": axes.get(name, -1),
                "undo": undone(run, name),
            }
            for name in names
        },
    }


def undone(run: Trained, output: str) -> list[tuple[Any, Any]]:
    """What turns an output into the unit of the column that it predicts: factors and offsets, in
    order. Nothing where the transforms of the field are not of one number each."""
    term = next((t for t in run.train.loss if t.output == output), None)
    field = next((f for f in run.data.fields if term is not None and f.name == term.target), None)
    if term is None or field is None or not isinstance(term.loss, OF_VALUES):
        return []
    steps: list[tuple[Any, Any]] = []
    keys = chain([field.name], (f"{field.name}_{n}" for n in numbers_from(2)))
    for t in field.transforms:
        match t.transform:
            case Scale(factor=factor, offset=offset) if factor:
                steps.append((1 / factor, -offset / factor))
            case Standardize():
                learned = run.lock.fitted[next(keys)]
                steps.append((learned["std"], learned["mean"]))
            case _:
                return []
    return steps[::-1]


def heads(run: Trained, found: dict[str, Any], lengths: Lengths) -> Iterator[Head]:
    targets = {t.output: t.target for t in reversed(run.train.loss)}
    axes = {t.output: t.axis for t in run.train.loss if t.axis is not None}
    types = dict(zip(run.outputs, (t for _, t in run.model.root.outputs), strict=True))
    for name, made in found.items():
        target = targets.get(name, name)
        chosen, values = made.get("chosen"), made["values"]
        shape = types[name].shape
        values = trimmed(values, shape, lengths)
        if run.train.activation(name) == "softmax":
            axis = axes.get(name, -1) % len(shape)
            shape = shape[:axis] + shape[axis + 1 :]
        chosen = trimmed(chosen, shape, lengths) if chosen is not None else None
        names = () if chosen is None else class_names(run.lock, target, count(run, target))
        yield Head(name, target, names, values, chosen)


def trimmed(rows: Any, shape: Shape, lengths: Lengths) -> Any:
    """Rows without what pads them to the longest."""
    if all(map(fixed, shape)):
        return rows
    sizes = ({n: of[i] for n, of in lengths.items()} for i in range(len(rows)))
    return [
        _cut(row, tuple(put(n, at) for n in shape)) for row, at in zip(rows, sizes, strict=True)
    ]


def _cut(values: Any, sizes: Shape) -> Any:
    return [_cut(v, sizes[1:]) for v in values[: sizes[0]]] if sizes else values


def count(run: Trained, target: str) -> int:
    """How many classes a field has; 2 where it is no class but yes or no."""
    field = next((f for f in run.data.fields if f.name == target), None)
    return field.type.classes or 2 if field is not None else 2


def _width(values: Any) -> int:
    """The number of values of one row."""
    row = values[0] if values else []
    while isinstance(row, list) and len(row) == 1:
        row = row[0]
    return len(row) if isinstance(row, list) else 1
