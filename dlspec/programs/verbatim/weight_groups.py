"""Weights that are updated in a way of their own."""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import Any

from dlspec.programs.verbatim.counted import Run

WEIGHT_GROUPS: tuple[tuple[tuple[str, ...], dict[str, Any]], ...] = ()


def differing(name: str) -> dict[str, Any]:
    """What differs for a weight: all that any pattern says of it."""
    found: dict[str, Any] = {}
    for patterns, own in WEIGHT_GROUPS:
        if any(fnmatchcase(name, pattern) for pattern in patterns):
            found |= own
    return found


def frozen(name: str) -> float:
    """For how many epochs a weight stays as it is."""
    return differing(name).get("frozen", 0)


def waited(name: str, run: Run, per_epoch: int) -> int:
    """The batches for which a weight has stayed as it is."""
    return int(min(frozen(name) * per_epoch, run.step))
