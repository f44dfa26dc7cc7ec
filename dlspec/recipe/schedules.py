"""Schedules: the learning rate of each step of a run.

Phases are chained with `->`. Each begins at the level where the one before it ended, the first at
the optimizer's `lr`; the last one lasts to the end of the run.
"""

import math
from collections.abc import Iterable, Sequence
from typing import ClassVar

from dlspec.declared import Problem
from dlspec.recipe.base import LowerCase, Recipe
from dlspec.recipe.fields import NotNegative, Positive
from dlspec.units import During


class Schedule(LowerCase, Recipe):
    """The base of all phases. `duration` is how long one lasts; None: as long as the run."""

    positional: ClassVar[tuple[str, ...]] = ("duration",)

    duration: During | None = None

    def rate(self, start: float, step: int, steps: int, per_epoch: int, total: int) -> float:
        """The rate of a step of the phase, counted from 0, out of `steps`; it began at `start`."""
        return start

    def end(self, start: float, steps: int, per_epoch: int, total: int) -> float:
        """The level after the phase."""
        return start


class Constant(Schedule):
    """The rate stays as it is."""


class Warmup(Schedule):
    """A straight rise to the optimizer's `lr`, which the last of its steps reaches."""

    duration: During

    def rate(self, start: float, step: int, steps: int, per_epoch: int, total: int) -> float:
        return start * (step + 1) / steps


class Cosine(Schedule):
    """Half a cosine, down to the rate `to`."""

    source = "Loshchilov and Hutter 2017, SGDR, without restarts"

    to: NotNegative = 0.0

    def rate(self, start: float, step: int, steps: int, per_epoch: int, total: int) -> float:
        return self.to + (start - self.to) * (1 + math.cos(math.pi * step / steps)) / 2

    def end(self, start: float, steps: int, per_epoch: int, total: int) -> float:
        return self.to


class Linear(Schedule):
    """A straight line, to the rate `to`."""

    to: NotNegative = 0.0

    def rate(self, start: float, step: int, steps: int, per_epoch: int, total: int) -> float:
        return start + (self.to - start) * step / steps

    def end(self, start: float, steps: int, per_epoch: int, total: int) -> float:
        return self.to


class Step(Schedule):
    """The rate is multiplied by `gamma` after each `every`."""

    positional = ("gamma",)

    gamma: Positive
    every: During

    def rate(self, start: float, step: int, steps: int, per_epoch: int, total: int) -> float:
        return start * self.gamma ** (step // max(1, self.every.steps(total, per_epoch)))

    def end(self, start: float, steps: int, per_epoch: int, total: int) -> float:
        return self.rate(start, max(0, steps - 1), steps, per_epoch, total)


def rates(
    schedules: Sequence[Schedule], peak: float, total_steps: int, steps_per_epoch: int
) -> list[float]:
    """The learning rate of each step of a run. Without a schedule it is constant."""
    table: list[float] = []
    level = peak
    for phase in schedules:
        left = total_steps - len(table)
        steps = left
        if phase.duration is not None:
            steps = phase.duration.steps(total_steps, steps_per_epoch)
        shape = (steps, steps_per_epoch, total_steps)
        table += (phase.rate(level, i, *shape) for i in range(min(steps, left)))
        level = phase.end(level, *shape)
    return table + [level] * (total_steps - len(table))


def problems(schedules: Sequence[Schedule], epochs: int) -> Iterable[tuple[int, Problem]]:
    """What is wrong with the phases of a run of so many epochs, by the number of the phase."""
    share = 0.0
    for i, phase in enumerate(schedules):
        if isinstance(phase, Warmup) and i > 0:
            yield i, Problem(None, "a warm-up is the first phase of a schedule")
        if phase.duration is None:
            if i + 1 < len(schedules):
                what = f"`{phase.kind()}` never ends, so what follows it is never reached"
                help = f"say how long it lasts: `{phase.kind()}(duration=5 epochs)`"
                yield i, Problem(None, what, help)
            continue
        whole = {"epochs": epochs, "%": 100.0, "steps": math.inf}[phase.duration.unit]
        share += phase.duration.value / whole
        if share > 1:
            what = f"the schedule is longer than the run of {epochs} epochs"
            yield i, Problem("duration", what)
            return
