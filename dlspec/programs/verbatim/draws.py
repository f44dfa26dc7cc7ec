"""How weights start. Axes are PyTorch's: [outputs, inputs of one group, *places]."""

import math

import numpy as np

Shape = tuple[int, ...]


def fans(shape: Shape) -> tuple[int, int]:
    """The inputs that reach one output, and the outputs that one input reaches."""
    return math.prod(shape[1:]), shape[0] * math.prod(shape[2:])


def zeros(shape: Shape, rng: np.random.Generator) -> np.ndarray:
    return np.zeros(shape, np.float32)


def ones(shape: Shape, rng: np.random.Generator) -> np.ndarray:
    return np.ones(shape, np.float32)


def constant(shape: Shape, rng: np.random.Generator, value: float) -> np.ndarray:
    return np.full(shape, value, np.float32)


def uniform(
    shape: Shape, rng: np.random.Generator, low: float, high: float
) -> np.ndarray:
    return rng.uniform(low, high, shape).astype(np.float32)


def normal(
    shape: Shape, rng: np.random.Generator, std: float, mean: float = 0.0
) -> np.ndarray:
    return rng.normal(mean, std, shape).astype(np.float32)


def truncated_normal(
    shape: Shape, rng: np.random.Generator, std: float, mean: float = 0.0
) -> np.ndarray:
    """Normal, drawn again where a value lies more than two `std` from the mean."""
    values = rng.standard_normal(shape)
    while (far := abs(values) > 2).any():
        values[far] = rng.standard_normal(np.count_nonzero(far))
    return (mean + std * values).astype(np.float32)


def glorot_uniform(shape: Shape, rng: np.random.Generator) -> np.ndarray:
    """Glorot and Bengio 2010."""
    bound = math.sqrt(6 / sum(fans(shape)))
    return rng.uniform(-bound, bound, shape).astype(np.float32)


def glorot_normal(shape: Shape, rng: np.random.Generator) -> np.ndarray:
    """Glorot and Bengio 2010."""
    std = math.sqrt(2 / sum(fans(shape)))
    return rng.normal(0, std, shape).astype(np.float32)


def he_uniform(shape: Shape, rng: np.random.Generator) -> np.ndarray:
    """He et al. 2015."""
    bound = math.sqrt(6 / math.prod(shape[1:]))
    return rng.uniform(-bound, bound, shape).astype(np.float32)


def he_normal(shape: Shape, rng: np.random.Generator) -> np.ndarray:
    """He et al. 2015."""
    std = math.sqrt(2 / math.prod(shape[1:]))
    return rng.normal(0, std, shape).astype(np.float32)


def lecun_uniform(shape: Shape, rng: np.random.Generator) -> np.ndarray:
    """LeCun et al. 1998."""
    bound = math.sqrt(3 / math.prod(shape[1:]))
    return rng.uniform(-bound, bound, shape).astype(np.float32)


def lecun_normal(shape: Shape, rng: np.random.Generator) -> np.ndarray:
    """LeCun et al. 1998."""
    std = math.sqrt(1 / math.prod(shape[1:]))
    return rng.normal(0, std, shape).astype(np.float32)


def variance_scaling(
    shape: Shape,
    rng: np.random.Generator,
    scale: float = 1.0,
    mode: str = "fan_in",
    distribution: str = "normal",
) -> np.ndarray:
    """With the variance scale / fan."""
    inputs, outputs = fans(shape)
    fan = {"fan_in": inputs, "fan_out": outputs, "fan_avg": (inputs + outputs) / 2}
    std = math.sqrt(scale / fan[mode])
    if distribution == "uniform":
        bound = math.sqrt(3) * std
        return rng.uniform(-bound, bound, shape).astype(np.float32)
    if distribution == "truncated_normal":
        return truncated_normal(shape, rng, std / 0.87962566)  # of what the cut leaves
    return rng.normal(0, std, shape).astype(np.float32)


def orthogonal(shape: Shape, rng: np.random.Generator, gain: float = 1.0) -> np.ndarray:
    """Orthonormal columns, or rows where there are fewer. Saxe et al. 2014."""
    matrix = rng.standard_normal((shape[0], math.prod(shape[1:])))
    tall = matrix if matrix.shape[0] >= matrix.shape[1] else matrix.T
    q, r = np.linalg.qr(tall)
    q *= gain * np.sign(np.diag(r))
    square = q if tall is matrix else q.T
    return square.reshape(shape).astype(np.float32)


def identity(shape: Shape, rng: np.random.Generator, gain: float = 1.0) -> np.ndarray:
    """Le et al. 2015."""
    return gain * np.eye(*shape, dtype=np.float32)


def dirac(shape: Shape, rng: np.random.Generator) -> np.ndarray:
    """The identity of convolutions. Zagoruyko and Komodakis 2017."""
    values = np.zeros(shape, np.float32)
    middle = [n // 2 for n in shape[2:]]
    for i in range(min(shape[:2])):
        values[(i, i, *middle)] = 1
    return values


def sparse(
    shape: Shape, rng: np.random.Generator, sparsity: float, std: float = 0.01
) -> np.ndarray:
    """Normal, with so many zeros in each column. Martens 2010."""
    values = rng.normal(0, std, shape).astype(np.float32)
    rows = rng.random(shape).argsort(axis=0)
    values[rows < math.ceil(sparsity * shape[0])] = 0
    return values


def forget_gate(shape: Shape, rng: np.random.Generator, value: float) -> np.ndarray:
    """The bias of an LSTM, of which the second gate keeps. Jozefowicz et al. 2015."""
    values = np.zeros(shape, np.float32)
    values[shape[0] // 4 : shape[0] // 2] = value
    return values
