"""Augmentations in the words of a docstring."""

from __future__ import annotations

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


def percent(share: float) -> str:
    return f"{100 * share:.10g} %"
