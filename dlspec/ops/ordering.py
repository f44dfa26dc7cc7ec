"""Functions along one axis that compare or add up its places: the last one if none is named."""

from collections.abc import Iterator
from dataclasses import replace
from typing import ClassVar

from dlspec.declared import Problem
from dlspec.ops.base import example
from dlspec.ops.elementwise import AlongAxis
from dlspec.ops.fields import Count, Flag
from dlspec.ops.over_axes import reduced
from dlspec.ops.rules import fixed_sizes, numbers
from dlspec.tensor import Tensor


class _OfNumbers(AlongAxis):
    """Also of integers."""

    def fitting(self, x: Tensor) -> Iterator[Problem]:
        yield from numbers(self.kind(), x)


class _Place(_OfNumbers):
    """The place of an element."""

    keepdims: Flag = False

    def shape(self, *x: Tensor) -> Tensor:
        return replace(reduced(self.place, x[0], self.keepdims), dtype="i32")


class argmax(_Place):
    """The place of the greatest element on an axis, which is gone from the shape; of several, the
    first. It is of i32.

    - `axis`: the axis.
    - `keepdims`: whether the axis stays, with one place.
    """

    onnx: ClassVar = ("ArgMax", "Cast")
    tflite: ClassVar = ("TOPK_V2", "ARG_MAX")
    examples: ClassVar = (
        example("argmax", "f32[7]"),
        example("argmax(axis=0)", "f32[3, 5]"),
        example("argmax(axis=-2)", "i32[3, 5, 4]"),
        example("argmax(axis=0, keepdims=true)", "f32[3, 5]"),
    )


class argmin(_Place):
    """The place of the least element on an axis, which is gone from the shape; of several, the
    first. It is of i32.

    - `axis`: the axis.
    - `keepdims`: whether the axis stays, with one place.
    """

    onnx: ClassVar = ("ArgMin", "Cast")
    tflite: ClassVar = ("NEG", "TOPK_V2", "ARG_MIN")
    examples: ClassVar = (
        example("argmin", "f32[7]"),
        example("argmin(axis=0)", "f32[3, 5]"),
        example("argmin(axis=-2)", "i32[3, 5, 4]"),
        example("argmin(axis=-1, keepdims=true)", "i32[3, 5]"),
    )


class topk(_OfNumbers):
    """The greatest elements on an axis, the greatest first, and their places: two outputs,
    `values, places = topk(x, 3)`. The places are of i32.

    - `k`: how many.
    - `axis`: the axis.
    """

    positional: ClassVar = ("k",)
    onnx: ClassVar = ("TopK", "Cast")
    tflite: ClassVar = ("TOPK_V2",)
    examples: ClassVar = (
        example("topk(3)", "f32[7]"),
        example("topk(2, axis=0)", "f32[3, 5]"),
    )

    k: Count

    def problems(self, *x: Tensor) -> Iterator[Problem]:
        wrong = tuple(super().problems(*x))
        yield from wrong
        if not wrong and self.k > x[0].shape[self.place]:
            at = self.place % x[0].rank
            what = f"axis {at} of {x[0]} has no {int(self.k)} places"
            yield Problem("k", what, f"at most {int(x[0].shape[at])}")

    def shape(self, *x: Tensor) -> tuple[Tensor, ...]:
        at = self.place % x[0].rank
        sizes = (self.k if a == at else n for a, n in enumerate(x[0].shape))
        values = x[0].with_shape(*sizes)
        return values, replace(values, dtype="i32")


class sort(_OfNumbers):
    """The elements of an axis in their order, the least first.

    - `axis`: the axis.
    - `descending`: whether the greatest comes first.
    """

    onnx: ClassVar = ("TopK",)
    tflite: ClassVar = ("NEG", "TOPK_V2", "REVERSE_V2")
    examples: ClassVar = (
        example("sort", "f32[7]"),
        example("sort(axis=0, descending=true)", "f32[3, 5]"),
        example("sort(axis=-1)", "i32[3, 5]"),
    )

    descending: Flag = False


class argsort(_OfNumbers):
    """The places of an axis in the order of its elements, that of the least first. They are of i32;
    which of equal elements comes first is not said.

    - `axis`: the axis.
    - `descending`: whether the place of the greatest comes first.
    """

    onnx: ClassVar = ("TopK", "Cast")
    tflite: ClassVar = ("NEG", "TOPK_V2")
    examples: ClassVar = (
        example("argsort", "f32[7]"),
        example("argsort(axis=0, descending=true)", "f32[3, 5]"),
    )

    descending: Flag = False

    def shape(self, *x: Tensor) -> Tensor:
        return replace(x[0].with_shape(*x[0].shape), dtype="i32")


class cumsum(_OfNumbers):
    """At each place of an axis, the sum of all up to it.

    - `axis`: the axis.
    """

    onnx: ClassVar = ("CumSum",)
    tflite: ClassVar = ("CUMSUM",)
    examples: ClassVar = (
        example("cumsum", "f32[7]"),
        example("cumsum(axis=0)", "f32[3, 5]"),
        example("cumsum(axis=1)", "i32[3, 5]"),
    )


class cumprod(_OfNumbers):
    """At each place of an axis, the product of all up to it. The axis has a fixed size.

    - `axis`: the axis.
    """

    onnx: ClassVar = ("Slice", "Pad", "Mul")
    tflite: ClassVar = ("SLICE", "PADV2", "MUL")
    examples: ClassVar = (
        example("cumprod", "f32[7]"),
        example("cumprod(axis=0)", "f32[3, 5]"),
    )

    def fitting(self, x: Tensor) -> Iterator[Problem]:
        yield from super().fitting(x)
        if x.rank:
            yield from fixed_sizes("cumprod", x, (self.place % x.rank,))
