"""Reductions: one number for all places on some axes, which are gone from the shape or have one
place.

The classes bear the names of the language, so that within this module `sum`, `max`, `min`, `any`
and `all` are these and not Python's.
"""

from collections.abc import Iterator
from dataclasses import replace
from typing import ClassVar

from dlspec.declared import Problem
from dlspec.ops.base import example
from dlspec.ops.fields import Flag, NormPower
from dlspec.ops.over_axes import Extreme, Reduction
from dlspec.ops.rules import floats, numbers, truths
from dlspec.tensor import Tensor


class _OfReals(Reduction):
    def fitting(self, x: Tensor) -> Iterator[Problem]:
        yield from floats(self.kind(), x)


class _OfTruths(Reduction):
    def fitting(self, x: Tensor) -> Iterator[Problem]:
        yield from truths(self.kind(), x)


class _Counting(Reduction):
    """True counts as 1 and false as 0, and the result is a real number."""

    def shape(self, *x: Tensor) -> Tensor:
        made = super().shape(*x)
        return replace(made, dtype="f32") if made.dtype == "bool" else made


class sum(_Counting):
    """The sum over some axes, or over all of an example; of true and false, how many are true.

    - `axis`: the axis, or several: sum(x, axis=(1, 2)) of [c, h, w] is [c].
    - `keepdims`: whether these axes stay, with one place each.
    """

    onnx: ClassVar = ("ReduceSum",)
    tflite: ClassVar = ("SUM",)
    examples: ClassVar = (
        example("sum(axis=-1)", "f32[3, 5]"),
        example("sum(axis=(0, 2))", "f32[3, 5, 4]"),
        example("sum", "f32[3, 5]"),
        example("sum", "bool[3, 5]"),
        example("sum(axis=(0, -1), keepdims=true)", "f32[3, 5, 4]"),
    )

    def fitting(self, x: Tensor) -> Iterator[Problem]:
        return iter(()) if x.dtype == "bool" else numbers("sum", x)


class mean(_Counting):
    """The mean over some axes, or over all of an example; of true and false, the share of true.

    - `axis`: the axis, or several: mean(x, axis=(1, 2)) of [c, h, w] is [c].
    - `keepdims`: whether these axes stay, with one place each.
    """

    onnx: ClassVar = ("ReduceMean",)
    tflite: ClassVar = ("MEAN",)
    examples: ClassVar = (
        example("mean(axis=0)", "f32[3, 5]"),
        example("mean(axis=(1, -1))", "f32[3, 5, 4]"),
        example("mean", "f32[3, 5]"),
        example("mean(axis=1)", "bool[3, 5]"),
        example("mean(axis=0, keepdims=true)", "f32[3, 5]"),
        example("mean(keepdims=true)", "bool[3, 5]"),
    )

    def fitting(self, x: Tensor) -> Iterator[Problem]:
        return iter(()) if x.dtype == "bool" else floats("mean", x)


class prod(Reduction):
    """The product over some axes, or over all of an example.

    - `axis`: the axis, or several.
    - `keepdims`: whether these axes stay, with one place each.
    """

    onnx: ClassVar = ("ReduceProd",)
    tflite: ClassVar = ("REDUCE_PROD",)
    examples: ClassVar = (
        example("prod(axis=-1)", "f32[3, 5]"),
        example("prod(axis=(0, 2))", "f32[3, 5, 4]"),
        example("prod", "f32[3, 5]"),
        example("prod(axis=(0, 2), keepdims=true)", "f32[3, 5, 4]"),
    )


class _Spread(_OfReals):
    """Of how the numbers differ from their mean."""

    unbiased: Flag = False

    def problems(self, *x: Tensor) -> Iterator[Problem]:
        found = tuple(super().problems(*x))
        yield from found
        if self.unbiased and not found and self.count(x[0]) == 1:
            what = f"{self.kind()} of one number has no unbiased estimate"
            yield Problem("unbiased", what, "name an axis of several places")


class var(_Spread):
    """The variance over some axes, or over all of an example: the mean of the squared distances
    from the mean.

    - `axis`: the axis, or several.
    - `unbiased`: whether n numbers are divided by n - 1, and not by n.
    - `keepdims`: whether these axes stay, with one place each.
    """

    onnx: ClassVar = ("ReduceMean", "Sub", "Mul")
    tflite: ClassVar = ("MEAN", "SQUARED_DIFFERENCE")
    examples: ClassVar = (
        example("var(axis=-1)", "f32[3, 5]"),
        example("var(axis=(0, 2), unbiased=true)", "f32[3, 5, 4]"),
        example("var", "f32[3, 5]"),
        example("var(axis=1, unbiased=true, keepdims=true)", "f32[3, 5, 4]"),
    )


class std(_Spread):
    """The standard deviation over some axes, or over all of an example: the root of var.

    - `axis`: the axis, or several.
    - `unbiased`: whether the variance is divided by n - 1, and not by n.
    - `keepdims`: whether these axes stay, with one place each.
    """

    onnx: ClassVar = ("ReduceMean", "Sub", "Mul", "Sqrt")
    tflite: ClassVar = ("MEAN", "SQUARED_DIFFERENCE", "SQRT")
    examples: ClassVar = (
        example("std(axis=-1)", "f32[3, 5]"),
        example("std(axis=(0, 2), unbiased=true)", "f32[3, 5, 4]"),
        example("std", "f32[3, 5]"),
        example("std(axis=(0, 1), keepdims=true)", "f32[3, 5, 4]"),
    )


class logsumexp(_OfReals):
    """log(Σ exp(x)) over some axes, or over all of an example, without overflow.

    - `axis`: the axis, or several.
    - `keepdims`: whether these axes stay, with one place each.
    """

    onnx: ClassVar = ("ReduceLogSumExp",)
    tflite: ClassVar = ("REDUCE_MAX", "SUB", "EXP", "SUM", "LOG", "ADD")
    examples: ClassVar = (
        example("logsumexp(axis=-1)", "f32[3, 5]"),
        example("logsumexp(axis=(0, 2))", "f32[3, 5, 4]"),
        example("logsumexp", "f32[3, 5]"),
        example("logsumexp(axis=0, keepdims=true)", "f32[3, 5]"),
    )


class norm(_OfReals):
    """The length over some axes, or over all of an example: (sum |x|^p)^(1/p), at `p=2` the root of
    the sum of squares. Where all are 0 its gradient is 0.

    - `axis`: the axis, or several, whose elements are those of one vector.
    - `p`: which norm, at least 1: 2 is the Euclidean length, 1 the sum of absolute values, `inf`
      the greatest of them. It is that of a vector, also over the axes of a matrix.
    - `keepdims`: whether these axes stay, with one place each.
    """

    positional: ClassVar = ("p",)
    onnx: ClassVar = ("ReduceL2", "ReduceL1", "Abs", "Pow", "ReduceSum", "ReduceMax")
    tflite: ClassVar = (
        *("SQUARE", "SUM", "GREATER", "SELECT_V2", "SQRT", "ABS", "POW", "REDUCE_MAX"),
    )
    examples: ClassVar = (
        example("norm(axis=0)", "f32[3, 5]"),
        example("norm(axis=(0, 2))", "f32[3, 5, 4]"),
        example("norm", "f32[3, 5]"),
        example("norm(axis=1, keepdims=true)", "f32[3, 5]"),
        example("norm(1)", "f32[3, 5]"),
        example("norm(p=inf, axis=(0, 2), keepdims=true)", "f32[3, 5, 4]"),
        example("norm(p=3, axis=-1)", "f32[3, 5]"),
        example("norm(p=1.5, axis=0)", "f32[3, 5]"),
    )

    p: NormPower = 2.0


class any(_OfTruths):
    """Whether any element is true, over some axes or over all of an example.

    - `axis`: the axis, or several.
    - `keepdims`: whether these axes stay, with one place each.
    """

    onnx: ClassVar = ("Cast", "ReduceMax")
    tflite: ClassVar = ("REDUCE_ANY",)
    examples: ClassVar = (
        example("any(axis=-1)", "bool[3, 2]"),
        example("any(axis=(0, 2))", "bool[2, 5, 1]"),
        example("any", "bool[2]"),
        example("any(axis=0, keepdims=true)", "bool[2, 5]"),
    )


class all(_OfTruths):
    """Whether all elements are true, over some axes or over all of an example.

    - `axis`: the axis, or several.
    - `keepdims`: whether these axes stay, with one place each.
    """

    onnx: ClassVar = ("Cast", "ReduceMin")
    tflite: ClassVar = ("REDUCE_ALL",)
    examples: ClassVar = (
        example("all(axis=-1)", "bool[3, 2]"),
        example("all(axis=(0, 2))", "bool[2, 5, 1]"),
        example("all", "bool[2]"),
        example("all(axis=0, keepdims=true)", "bool[2, 5]"),
    )


class max(Extreme):
    """The greatest element over some axes; or of two tensors, or a tensor and a number, the greater
    of each pair: max(a, b), max(x, 0).

    - `axis`: of one tensor, the axis or several; all if none is named.
    - `keepdims`: whether these axes stay, with one place each.
    """

    onnx: ClassVar = ("ReduceMax", "Max")
    tflite: ClassVar = ("REDUCE_MAX", "MAXIMUM")
    examples: ClassVar = (
        example("max(axis=-1)", "f32[3, 5]"),
        example("max", "f32[3, 5]"),
        example("max", "f32[3, 5]", "f32[3, 1]"),
        example("max(axis=(0, 2), keepdims=true)", "f32[3, 5, 4]"),
    )


class min(Extreme):
    """The least element over some axes; or of two tensors, or a tensor and a number, the smaller of
    each pair: min(a, b), min(x, 1).

    - `axis`: of one tensor, the axis or several; all if none is named.
    - `keepdims`: whether these axes stay, with one place each.
    """

    onnx: ClassVar = ("ReduceMin", "Min")
    tflite: ClassVar = ("REDUCE_MIN", "MINIMUM")
    examples: ClassVar = (
        example("min(axis=(0, 1))", "f32[3, 5, 4]"),
        example("min", "f32[3, 5]"),
        example("min", "f32[3, 5]", "f32[]"),
        example("min(axis=-1, keepdims=true)", "f32[3, 5]"),
    )
