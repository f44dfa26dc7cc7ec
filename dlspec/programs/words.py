"""Parts of a recipe in words, for docstrings and for what a program prints."""

from __future__ import annotations

from dlspec.ir.recipe import Train
from dlspec.recipe.augmentations import Augmentation, RandomFlip, RandomRotate, RandomShift


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
