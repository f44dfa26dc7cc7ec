"""Learning rates, one for each step, in the stages of which a schedule is made."""

import math

import numpy as np


def warmup(peak: float, steps: int) -> np.ndarray:
    """A straight rise, which is at the peak in its last step."""
    return peak * np.arange(1, steps + 1) / steps


def constant(peak: float, steps: int) -> np.ndarray:
    """The peak, always."""
    return np.full(max(0, steps), peak)


def step(peak: float, steps: int, every: int, gamma: float) -> np.ndarray:
    """The peak, multiplied by `gamma` after each `every` steps."""
    return peak * gamma ** (np.arange(steps) // every)


def linear(peak: float, steps: int, to: float) -> np.ndarray:
    """A straight line: the peak in the first step, `to` one step after the last."""
    return peak + (to - peak) * np.arange(steps) / steps


def cosine(peak: float, steps: int, to: float) -> np.ndarray:
    """Half a cosine: the peak in the first step, `to` one step after the last."""
    return to + (peak - to) * (1 + np.cos(math.pi * np.arange(steps) / steps)) / 2
