"""Runs that go through several steps, each with an optimizer of its own."""

from __future__ import annotations

from dlspec.programs.verbatim.counted import Run

ROUND: tuple[str, ...] = ()


def updates_of(step: str, run: Run) -> int:
    """How often a step has updated its networks."""
    rounds, rest = divmod(run.step, len(ROUND))
    return rounds * ROUND.count(step) + ROUND[:rest].count(step)
