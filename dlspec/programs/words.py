"""Parts of a recipe in words, for docstrings and for what a program prints."""

from __future__ import annotations

from dlspec.ir.externs import externs
from dlspec.ir.program import Program
from dlspec.ir.recipe import Train
from dlspec.recipe.augmentations import Augmentation, RandomFlip, RandomRotate, RandomShift
from dlspec.recipe.externs import Extern


def augmentation_text(augmentation: Augmentation) -> str:
    """`RandomRotate(10 deg)`, as a spec writes it."""
    match augmentation:
        case RandomRotate(angle=angle):
            return f"RandomRotate({angle:g} deg)"
        case RandomShift(share=share):
            return f"RandomShift({percent(share)})"
        case RandomFlip(direction=direction):
            return f"RandomFlip({direction})"
    return augmentation.kind()


def best_text(train: Train) -> str:
    """What makes an epoch the best: `lowest val.loss`, `highest val.accuracy of logits, label`.

    Its second word is the number's name in the log, with the arguments of its metric.
    """
    on, direction = train.best_by
    text = f"{'lowest' if direction == 'min' else 'highest'} {on}"
    for use in train.metrics:
        if on == f"val.{use.name}":
            given = use.metric.model_dump(exclude_defaults=True)
            arguments = ",".join(f"{name}={value}" for name, value in given.items())
            text += f"({arguments})" * bool(arguments) + f" of {use.output}, {use.target}"
    return text


def percent(share: float) -> str:
    return f"{100 * share:.10g} %"


def described(name: str, doc: str, parameters: int, more: str = "") -> str:
    """What `model.py` says of itself: the model's documentation and how large it is."""
    count = f"{parameters:,} parameters"
    said = " ".join(doc.split()).rstrip(".")
    line = f"{name}: {said}" if said else name
    if count in said:
        parts = [f"{line}.", more]
    elif len(line) + len(count) <= 78:
        parts = [f"{line} ({count}).", more]
    else:
        parts = [f"{line}.", f"{count}. {more}".rstrip()]
    return "\n\n".join(part for part in parts if part)


def python_line(program: Program, train: str, backend: str) -> str:
    """The Python modules of the spec's own that a program imports, as a line of its README."""
    used = program.trains[train]
    models = (program.trained[train], *(step.graph for step in used.graphs))
    paths = [op.function(backend) for model in models for op, _ in externs(model)]
    source = program.data[used.data].source
    if isinstance(source, Extern):
        paths.append(source.function)
    modules = sorted({path.partition(":")[0] for path in paths if path is not None})
    if not modules:
        return ""
    return f"export PYTHONPATH=...         # the folder with {', '.join(modules)}\n"
