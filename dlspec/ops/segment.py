"""Reductions by segments: the places of axis 0 that have one index become one place."""

from collections.abc import Iterator
from typing import ClassVar

from dlspec.declared import Problem
from dlspec.ops.base import Op, example
from dlspec.ops.fields import Count
from dlspec.ops.rules import floats
from dlspec.tensor import INTEGERS, Tensor


class _Segments(Op):
    """x is [n, ...], and its index [n] of classes or integers; the result is [count, ...]."""

    inputs: ClassVar = (2, 2)
    positional: ClassVar = ("count",)

    count: Count

    def problems(self, *x: Tensor) -> Iterator[Problem]:
        kind = self.kind()
        values, index = x
        yield from floats(kind, values)
        if index.dtype not in INTEGERS:
            what = f"{kind} needs classes or integers second, got {index}"
            yield Problem(None, what, "cast(i, i32)")
        elif index.rank != 1 or values.rank == 0 or index.shape[0] != values.shape[0]:
            what = f"{kind} needs an index for each place of axis 0, got {values} and {index}"
            yield Problem(None, what)
        elif index.classes not in (None, self.count):
            what = f"{index} has {index.classes} classes, not {int(self.count)}"
            yield Problem("count", what)

    def shape(self, *x: Tensor) -> Tensor:
        return x[0].with_shape(self.count, *x[0].shape[1:])


class segment_sum(_Segments):
    """The sum of all places of axis 0 that have the same index; 0 where none has it.

    segment_sum(x, i, 4) makes [4, d] of [n, d] and i [n], whose numbers are 0 to 3.

    - `count`: how many segments there are.
    """

    onnx: ClassVar = ("ScatterElements",)
    tflite: ClassVar = ("UNSORTED_SEGMENT_SUM",)
    examples: ClassVar = (
        example("segment_sum(7)", "f32[5, 3]", "i32[5]"),
        example("segment_sum(7)", "f32[6]", "i32[6]"),
    )


class segment_mean(_Segments):
    """The mean of all places of axis 0 that have the same index; 0 where none has it.

    - `count`: how many segments there are.
    """

    onnx: ClassVar = ("ScatterElements", "Max", "Div")
    tflite: ClassVar = ("UNSORTED_SEGMENT_SUM", "MAXIMUM", "DIV")
    examples: ClassVar = (
        example("segment_mean(7)", "f32[5, 3]", "i32[5]"),
        example("segment_mean(7)", "f32[6]", "i32[6]"),
    )


class segment_max(_Segments):
    """The greatest of all places of axis 0 that have the same index; 0 where none has it.

    - `count`: how many segments there are.
    """

    onnx: ClassVar = ("ScatterElements",)
    tflite: ClassVar = ("UNSORTED_SEGMENT_MAX", "UNSORTED_SEGMENT_SUM", "GREATER", "SELECT_V2")
    examples: ClassVar = (
        example("segment_max(7)", "f32[5, 2, 3]", "i32[5]"),
        example("segment_max(7)", "f32[6]", "i32[6]"),
    )


class segment_min(_Segments):
    """The least of all places of axis 0 that have the same index; 0 where none has it.

    - `count`: how many segments there are.
    """

    onnx: ClassVar = ("ScatterElements",)
    tflite: ClassVar = ("UNSORTED_SEGMENT_MAX", "UNSORTED_SEGMENT_SUM", "GREATER", "SELECT_V2")
    examples: ClassVar = (
        example("segment_min(7)", "f32[5, 2, 3]", "i32[5]"),
        example("segment_min(7)", "f32[6]", "i32[6]"),
    )
