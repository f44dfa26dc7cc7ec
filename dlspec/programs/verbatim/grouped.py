"""How weights start, where a convolution may be in groups."""

import math

import numpy as np

from dlspec.programs.verbatim.draws import Shape, truncated_normal


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
    if distribution == "truncated_normal":
        return truncated_normal(shape, rng, std / 0.87962566)  # of what the cut leaves
    return rng.normal(0, std, shape).astype(np.float32)


def dirac(shape: Shape, rng: np.random.Generator, groups: int = 1) -> np.ndarray:
    """The identity of convolutions, of each group. Zagoruyko and Komodakis 2017."""
    values = np.zeros(shape, np.float32)
    middle = [n // 2 for n in shape[2:]]
    size = shape[0] // groups
    for group in range(groups):
        for i in range(min(size, shape[1])):
            values[(group * size + i, i, *middle)] = 1
    return values
