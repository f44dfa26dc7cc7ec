"""Runs that go through several steps, each with an optimizer of its own."""

from __future__ import annotations

ROUND: tuple[str, ...] = ()


def updates_of(step: str, batches: int) -> int:
    """How often a step updates its networks in so many batches."""
    rounds, rest = divmod(batches, len(ROUND))
    return rounds * ROUND.count(step) + ROUND[:rest].count(step)
