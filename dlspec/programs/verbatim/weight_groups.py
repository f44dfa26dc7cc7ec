"""Weights that are updated in a way of their own."""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import Any

from dlspec.programs.verbatim.counted import Run

WEIGHT_GROUPS: tuple[tuple[tuple[str, ...], dict[str, Any]], ...] = ()


def group(name: str) -> int:
    """The number of a weight's group: 0 where no pattern matches."""
    for i, (patterns, _) in enumerate(WEIGHT_GROUPS, start=1):
        if any(fnmatchcase(name, pattern) for pattern in patterns):
            return i
    return 0


def frozen(name: str) -> float:
    """For how many epochs a weight stays as it is."""
    i = group(name)
    return WEIGHT_GROUPS[i - 1][1].get("frozen", 0) if i else 0


def updates(name: str, run: Run) -> int:
    """How often a weight was updated up to the end of the run's last epoch."""
    learned = run.epoch - min(frozen(name), run.epoch)
    return run.step // run.epoch * learned if run.epoch else 0
