"""Activations along an axis."""

from collections.abc import Iterator
from typing import ClassVar

from dlspec.declared import Problem
from dlspec.ops.base import example
from dlspec.ops.elementwise import AlongAxis
from dlspec.ops.fields import Count
from dlspec.tensor import Tensor


class Softmax(AlongAxis):
    """Positive numbers that add to 1 along an axis: y = exp(x) / Σ exp(x).

    The shape stays. The axis is the last one if none is named; an image that comes straight from
    convolution or pooling must say which is meant. Losses such as CrossEntropy take logits: a model
    that is trained with them ends before its Softmax.

    - `axis`: the axis along which the numbers add to 1.
    """

    onnx: ClassVar = ("Softmax",)
    tflite: ClassVar = ("SOFTMAX",)
    examples: ClassVar = (
        example("Softmax", "f32[6]"),
        example("Softmax(axis=0)", "f32[3, 5, 4]"),
        example("Softmax(axis=-2)", "f32[3, 5, 4]"),
    )


class LogSoftmax(AlongAxis):
    """The logarithm of Softmax, without its underflow: y = x - log(Σ exp(x)).

    - `axis`: the axis of the sum; the last one if none is named.
    """

    onnx: ClassVar = ("LogSoftmax",)
    tflite: ClassVar = ("LOG_SOFTMAX",)
    examples: ClassVar = (
        example("LogSoftmax", "f32[6]"),
        example("LogSoftmax(axis=0)", "f32[3, 5, 4]"),
    )


class Softmin(AlongAxis):
    """Softmax of the negative, which favours what is small: y = exp(-x) / Σ exp(-x).

    - `axis`: the axis along which the numbers add to 1; the last one if none is named.
    """

    onnx: ClassVar = ("Neg", "Softmax")
    tflite: ClassVar = ("NEG", "SOFTMAX")
    examples: ClassVar = (
        example("Softmin", "f32[6]"),
        example("Softmin(axis=0)", "f32[3, 5, 4]"),
    )


class Sparsemax(AlongAxis):
    """Numbers that add to 1 along an axis, many of them 0: y = max(x - t, 0), with the t for which
    they do. Martins and Astudillo 2016.

    It is the point of the simplex that is closest to x.

    - `axis`: the axis along which the numbers add to 1; the last one if none is named.
    """

    onnx: ClassVar = ("TopK", "CumSum", "Greater", "GatherElements", "Div", "Sub", "Max")
    tflite: ClassVar = ("TOPK_V2", "REVERSE_V2", "CUMSUM", "GREATER", "SUM", "DIV", "SUB")
    examples: ClassVar = (
        example("Sparsemax", "f32[6]"),
        example("Sparsemax(axis=0)", "f32[3, 5, 4]"),
    )


class GLU(AlongAxis):
    """The first half of an axis, gated by the Sigmoid of the second: y = a · sigmoid(b).

    `[..., 2 n]` becomes `[..., n]`. The axis is the last one if none is named; of an image it must
    be named. Dauphin et al. 2017.

    - `axis`: the axis that is halved.
    """

    snaked: ClassVar = "glu"
    onnx: ClassVar = ("Split", "Sigmoid", "Mul")
    tflite: ClassVar = ("SPLIT", "LOGISTIC", "MUL")
    examples: ClassVar = (
        example("GLU", "f32[6]"),
        example("GLU(axis=0)", "f32[4, 5, 3]"),
    )

    def problems(self, *x: Tensor) -> Iterator[Problem]:
        wrong = tuple(super().problems(*x))
        yield from wrong
        if not wrong and x[0].shape[self.place] % 2:
            at = self.place % x[0].rank
            what = f"axis {at} of {x[0]} cannot be halved"
            yield Problem("axis", what, "an even number: one half is gated by the other")

    def shape(self, *x: Tensor) -> Tensor:
        return _shortened(x[0], self.place, 2)


class Maxout(AlongAxis):
    """The greatest of each group of neighbours on an axis. Goodfellow et al. 2013.

    `[..., pieces · n]` becomes `[..., n]`. Behind a Dense of as many units, it is an activation
    that is learned: the greatest of several lines. The axis is the last one if none is named; of an
    image it must be named.

    - `pieces`: the size of a group.
    - `axis`: the axis that is divided into groups.
    """

    positional: ClassVar = ("pieces",)
    onnx: ClassVar = ("Reshape", "ReduceMax")
    tflite: ClassVar = ("RESHAPE", "REDUCE_MAX")
    examples: ClassVar = (
        example("Maxout(2)", "f32[6]"),
        example("Maxout(3, axis=0)", "f32[6, 5, 3]"),
    )

    pieces: Count

    def problems(self, *x: Tensor) -> Iterator[Problem]:
        wrong = tuple(super().problems(*x))
        yield from wrong
        if not wrong and x[0].shape[self.place] % self.pieces:
            at = self.place % x[0].rank
            what = f"axis {at} of {x[0]} has no groups of {int(self.pieces)}"
            yield Problem("pieces", what, f"a divisor of {int(x[0].shape[at])}")

    def shape(self, *x: Tensor) -> Tensor:
        return _shortened(x[0], self.place, int(self.pieces))


def _shortened(x: Tensor, axis: int, by: int) -> Tensor:
    at = axis % x.rank
    sizes = (n // by if a == at else n for a, n in enumerate(x.shape))
    return x.with_shape(*sizes, image=x.image)
