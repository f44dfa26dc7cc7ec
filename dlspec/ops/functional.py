"""Activations as functions: each is computed as the layer of its name."""

from collections.abc import Mapping
from typing import Any, ClassVar

from dlspec.ops.activation import GELU, HardSwish, LeakyReLU, ReLU, Sigmoid, SiLU, Tanh
from dlspec.ops.along_axis import GLU, LogSoftmax, Maxout, Softmax, Softmin, Sparsemax
from dlspec.ops.base import Example, Op
from dlspec.ops.piecewise import (
    HardShrink,
    HardSigmoid,
    HardTanh,
    ReLU6,
    SoftShrink,
    SparsePlus,
    SparseSigmoid,
    Threshold,
)
from dlspec.ops.smooth import (
    CELU,
    ELU,
    SELU,
    LogSigmoid,
    Mish,
    Softplus,
    Softsign,
    Squareplus,
    TanhShrink,
)


def examples_of(name: str, layer: type[Op]) -> Any:
    """The examples of a layer, with the function in its place."""
    return tuple(
        Example(e.layer.replace(layer.__name__, name, 1), e.inputs, e.named) for e in layer.examples
    )


class relu(ReLU):
    """The positive part of each element: max(x, 0), as the layer ReLU."""

    examples: ClassVar = examples_of("relu", ReLU)


class leaky_relu(LeakyReLU):
    """Each element where it is positive, else slope · x, as the layer LeakyReLU.

    - `slope`: of the negative side.
    """

    examples: ClassVar = examples_of("leaky_relu", LeakyReLU)


class sigmoid(Sigmoid):
    """The logistic function of each element: 1 / (1 + exp(-x)), as the layer Sigmoid."""

    examples: ClassVar = examples_of("sigmoid", Sigmoid)


class tanh(Tanh):
    """The hyperbolic tangent of each element, as the layer Tanh."""

    examples: ClassVar = examples_of("tanh", Tanh)


class gelu(GELU):
    """Each element times the normal distribution's probability of less, as the layer GELU.

    - `approximate`: `none` or `tanh`.
    """

    examples: ClassVar = examples_of("gelu", GELU)


class silu(SiLU):
    """Each element times its sigmoid, as the layer SiLU."""

    examples: ClassVar = examples_of("silu", SiLU)


class hard_swish(HardSwish):
    """A piecewise silu: x · min(max(x + 3, 0), 6) / 6, as the layer HardSwish."""

    examples: ClassVar = examples_of("hard_swish", HardSwish)


class elu(ELU):
    """Each element where it is positive, else alpha · (exp(x) - 1), as the layer ELU.

    - `alpha`: -alpha is what it tends to on the negative side.
    """

    examples: ClassVar = examples_of("elu", ELU)


class selu(SELU):
    """An elu whose constants carry mean 0 and variance 1 on, as the layer SELU."""

    examples: ClassVar = examples_of("selu", SELU)


class celu(CELU):
    """An elu with a slope of 1 at 0, whatever alpha, as the layer CELU.

    - `alpha`: -alpha is what it tends to on the negative side.
    """

    examples: ClassVar = examples_of("celu", CELU)


class softplus(Softplus):
    """A smooth relu: log(1 + exp(beta · x)) / beta, as the layer Softplus.

    - `beta`: the greater, the closer to relu.
    - `threshold`: where beta · x is above it, the result is x.
    """

    examples: ClassVar = examples_of("softplus", Softplus)


class squareplus(Squareplus):
    """A smooth relu of roots: (x + sqrt(x² + b)) / 2, as the layer Squareplus.

    - `b`: the greater, the wider its bend.
    """

    examples: ClassVar = examples_of("squareplus", Squareplus)


class softsign(Softsign):
    """Each element between -1 and 1: x / (1 + |x|), as the layer Softsign."""

    examples: ClassVar = examples_of("softsign", Softsign)


class mish(Mish):
    """Each element times the tanh of its softplus, as the layer Mish."""

    examples: ClassVar = examples_of("mish", Mish)


class log_sigmoid(LogSigmoid):
    """The logarithm of the sigmoid: -log(1 + exp(-x)), as the layer LogSigmoid."""

    examples: ClassVar = examples_of("log_sigmoid", LogSigmoid)


class tanh_shrink(TanhShrink):
    """Each element without its tanh: x - tanh(x), as the layer TanhShrink."""

    examples: ClassVar = examples_of("tanh_shrink", TanhShrink)


class relu6(ReLU6):
    """A relu that ends at 6: min(max(x, 0), 6), as the layer ReLU6."""

    examples: ClassVar = examples_of("relu6", ReLU6)


class hard_sigmoid(HardSigmoid):
    """A sigmoid of three lines: min(max(x + 3, 0), 6) / 6, as the layer HardSigmoid."""

    examples: ClassVar = examples_of("hard_sigmoid", HardSigmoid)


class hard_tanh(HardTanh):
    """A tanh of three lines: min(max(x, low), high), as the layer HardTanh.

    - `low`, `high`: the least and the greatest value.
    """

    examples: ClassVar = examples_of("hard_tanh", HardTanh)


class hard_shrink(HardShrink):
    """Each element, but 0 where its size is no more than a threshold, as the layer HardShrink.

    - `threshold`: the greatest size that becomes 0.
    """

    examples: ClassVar = examples_of("hard_shrink", HardShrink)


class soft_shrink(SoftShrink):
    """Each element moved towards 0 by a threshold, as the layer SoftShrink.

    - `threshold`: how far each is moved.
    """

    examples: ClassVar = examples_of("soft_shrink", SoftShrink)


class threshold(Threshold):
    """Each element that is above a threshold, and a value in place of the others, as the layer
    Threshold.

    - `threshold`: what is no greater is replaced.
    - `value`: what takes its place.
    """

    examples: ClassVar = examples_of("threshold", Threshold)


class sparse_plus(SparsePlus):
    """A smooth relu: 0 below -1, x above 1, (x + 1)² / 4 between them, as the layer SparsePlus."""

    examples: ClassVar = examples_of("sparse_plus", SparsePlus)


class sparse_sigmoid(SparseSigmoid):
    """A sigmoid of three lines: min(max((x + 1) / 2, 0), 1), as the layer SparseSigmoid."""

    examples: ClassVar = examples_of("sparse_sigmoid", SparseSigmoid)


class softmax(Softmax):
    """Positive numbers that add to 1 along an axis, as the layer Softmax.

    - `axis`: the axis; the last one if none is named.
    """

    examples: ClassVar = examples_of("softmax", Softmax)


class log_softmax(LogSoftmax):
    """The logarithm of softmax along an axis, as the layer LogSoftmax.

    - `axis`: the axis; the last one if none is named.
    """

    examples: ClassVar = examples_of("log_softmax", LogSoftmax)


class softmin(Softmin):
    """The softmax of the negative along an axis, as the layer Softmin.

    - `axis`: the axis; the last one if none is named.
    """

    examples: ClassVar = examples_of("softmin", Softmin)


class sparsemax(Sparsemax):
    """Numbers that add to 1 along an axis, many of them 0, as the layer Sparsemax.

    - `axis`: the axis; the last one if none is named.
    """

    examples: ClassVar = examples_of("sparsemax", Sparsemax)


class glu(GLU):
    """The first half of an axis, gated by the sigmoid of the second, as the layer GLU.

    - `axis`: the axis; the last one if none is named.
    """

    examples: ClassVar = examples_of("glu", GLU)


class maxout(Maxout):
    """The greatest of each group of neighbours on an axis, as the layer Maxout.

    - `pieces`: the size of a group.
    - `axis`: the axis; the last one if none is named.
    """

    examples: ClassVar = examples_of("maxout", Maxout)


FUNCTIONS: tuple[type[Op], ...] = tuple(
    found
    for found in list(globals().values())
    if isinstance(found, type) and found.__module__ == __name__
)


def as_layers(table: Mapping[type[Op], Any]) -> dict[type[Op], Any]:
    """A row for each function: that of the layer as which it is computed."""
    return {function: table[function.__bases__[0]] for function in FUNCTIONS}
