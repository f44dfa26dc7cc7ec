"""Objects of a recipe in the words of a docstring."""

from __future__ import annotations

from dlspec.recipe.augmentations import Augmentation, RandomFlip, RandomRotate, RandomShift
from dlspec.recipe.splits import Ordered, Random, Split, Stratified


def split_text(split: Split) -> str:
    """`train 60 %, val 15 %, test 25 %, stratified by label, seed 0`."""
    shares = ", ".join(f"{part} {percent(share)}" for part, share in split.shares().items())
    match split:
        case Stratified(by=by, seed=seed):
            return f"{shares}, stratified by {by}, seed {seed}"
        case Random(seed=seed):
            return f"{shares}, at random, seed {seed}"
        case Ordered():
            return f"{shares}, in order"
    return "all rows for training"


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


def percent(share: float) -> str:
    return f"{100 * share:.10g} %"
