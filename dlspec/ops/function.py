"""Functions: lower case, without weights. In a chain they receive what arrives as first argument.

The classes bear the names of the language, so that within this module `sum`, `max`, `min` and `abs`
are these and not Python's.
"""

from collections.abc import Iterator
from typing import ClassVar

from dlspec.declared import Problem
from dlspec.ops.arithmetic import Broadcasting
from dlspec.ops.base import Op, example
from dlspec.ops.elementwise import Elementwise
from dlspec.ops.fields import Axes
from dlspec.ops.rules import all_axes, axes_exist, floats
from dlspec.tensor import Tensor


class exp(Elementwise):
    """e to the power of each element."""

    onnx: ClassVar = ("Exp",)
    tflite: ClassVar = ("EXP",)
    examples: ClassVar = (example("exp", "f32[3, 5]"),)


class log(Elementwise):
    """The natural logarithm of each element; -∞ of 0, NaN of what is negative."""

    onnx: ClassVar = ("Log",)
    tflite: ClassVar = ("LOG",)
    examples: ClassVar = (example("log", "f32[3, 5]"),)


class sqrt(Elementwise):
    """The square root of each element; NaN of what is negative."""

    onnx: ClassVar = ("Sqrt",)
    tflite: ClassVar = ("SQRT",)
    examples: ClassVar = (example("sqrt", "f32[3, 5]"),)


class abs(Op):
    """Each element without its sign."""

    onnx: ClassVar = ("Abs",)
    tflite: ClassVar = ("ABS",)
    examples: ClassVar = (example("abs", "f32[3, 5]"),)

    def problems(self, *x: Tensor) -> Iterator[Problem]:
        if x[0].dtype in ("class", "bool"):
            yield Problem(None, f"abs needs numbers, got {x[0]}")


def _reducible(kind: str, axis: int | tuple[int, ...] | None, x: Tensor) -> Iterator[Problem]:
    if x.dtype in ("class", "bool"):
        yield Problem(None, f"{kind} needs numbers, got {x}")
    else:
        yield from axes_exist("axis", axis, x)


def _reduced(axis: int | tuple[int, ...] | None, x: Tensor) -> Tensor:
    gone = all_axes(axis, x)
    return x.with_shape(*(s for a, s in enumerate(x.shape) if a not in gone))


class _Reduction(Op):
    """One number for all places on some axes, which are gone from the shape."""

    axis: Axes | None = None

    def problems(self, *x: Tensor) -> Iterator[Problem]:
        yield from _reducible(self.kind(), self.axis, x[0])

    def shape(self, *x: Tensor) -> Tensor:
        return _reduced(self.axis, x[0])


class mean(_Reduction):
    """The mean over some axes, or over all of an example.

    - `axis`: the axis, or several: mean(x, axis=(1, 2)) of [c, h, w] is [c].
    """

    onnx: ClassVar = ("ReduceMean",)
    tflite: ClassVar = ("MEAN",)
    examples: ClassVar = (
        example("mean(axis=0)", "f32[3, 5]"),
        example("mean(axis=(1, -1))", "f32[3, 5, 4]"),
        example("mean", "f32[3, 5]"),
    )

    def problems(self, *x: Tensor) -> Iterator[Problem]:
        found = tuple(floats("mean", x[0]))
        yield from found or super().problems(*x)


class sum(_Reduction):
    """The sum over some axes, or over all of an example.

    - `axis`: the axis, or several: sum(x, axis=(1, 2)) of [c, h, w] is [c].
    """

    onnx: ClassVar = ("ReduceSum",)
    tflite: ClassVar = ("SUM",)
    examples: ClassVar = (
        example("sum(axis=-1)", "f32[3, 5]"),
        example("sum(axis=(0, 2))", "f32[3, 5, 4]"),
        example("sum", "f32[3, 5]"),
    )


class _Extreme(Broadcasting):
    """Of one tensor a reduction, of two the greater or smaller of each pair of elements."""

    inputs: ClassVar = (1, 2)
    does: ClassVar = "compare"

    axis: Axes | None = None

    def problems(self, *x: Tensor) -> Iterator[Problem]:
        if len(x) == 1:
            yield from _reducible(self.kind(), self.axis, x[0])
            return
        if self.axis is not None:
            what = f"{self.kind()} of two tensors is taken element by element, and has no axis"
            yield Problem("axis", what, f"{self.kind()}({self.kind()}(a, b), axis=...)")
        yield from super().problems(*x)

    def shape(self, *x: Tensor) -> Tensor:
        return super().shape(*x) if len(x) == 2 else _reduced(self.axis, x[0])


class max(_Extreme):
    """The greatest element over some axes, or, of two tensors, the greater of each pair: max(a, b).

    - `axis`: of one tensor, the axis or several; all if none is named.
    """

    onnx: ClassVar = ("ReduceMax", "Max")
    tflite: ClassVar = ("REDUCE_MAX", "MAXIMUM")
    examples: ClassVar = (
        example("max(axis=-1)", "f32[3, 5]"),
        example("max", "f32[3, 5]"),
        example("max", "f32[3, 5]", "f32[3, 1]"),
    )


class min(_Extreme):
    """The least element over some axes, or, of two tensors, the smaller of each pair: min(a, b).

    - `axis`: of one tensor, the axis or several; all if none is named.
    """

    onnx: ClassVar = ("ReduceMin", "Min")
    tflite: ClassVar = ("REDUCE_MIN", "MINIMUM")
    examples: ClassVar = (
        example("min(axis=(0, 1))", "f32[3, 5, 4]"),
        example("min", "f32[3, 5]"),
        example("min", "f32[3, 5]", "f32[]"),
    )
