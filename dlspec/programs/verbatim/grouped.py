"""How weights start, where a convolution may be in groups."""

import math

import numpy as np

from dlspec.programs.verbatim.draws import Shape


def fans(shape: Shape, groups: int) -> tuple[int, int]:
    """The inputs that reach one output, and the outputs that one input reaches."""
    return math.prod(shape[1:]), shape[0] // groups * math.prod(shape[2:])


def glorot_uniform(
    shape: Shape, rng: np.random.Generator, groups: int = 1
) -> np.ndarray:
    """Glorot and Bengio 2010."""
    bound = math.sqrt(6 / sum(fans(shape, groups)))
    return rng.uniform(-bound, bound, shape).astype(np.float32)


def glorot_normal(
    shape: Shape, rng: np.random.Generator, groups: int = 1
) -> np.ndarray:
    """Glorot and Bengio 2010."""
    std = math.sqrt(2 / sum(fans(shape, groups)))
    return rng.normal(0, std, shape).astype(np.float32)


def variance_scaling(
    shape: Shape,
    rng: np.random.Generator,
    groups: int = 1,
    scale: float = 1.0,
    mode: str = "fan_in",
    distribution: str = "normal",
) -> np.ndarray:
    """With the variance scale / fan."""
    inputs, outputs = fans(shape, groups)
    fan = {"fan_in": inputs, "fan_out": outputs, "fan_avg": (inputs + outputs) / 2}
    std = math.sqrt(scale / fan[mode])
    if distribution == "uniform":
        bound = math.sqrt(3) * std
        return rng.uniform(-bound, bound, shape).astype(np.float32)
    return rng.normal(0, std, shape).astype(np.float32)
