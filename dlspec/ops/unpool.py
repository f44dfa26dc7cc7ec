"""Values put back where a MaxPool found them."""

from collections.abc import Iterator
from typing import Any, ClassVar

from pydantic import field_validator

from dlspec.declared import Problem
from dlspec.ops.base import example
from dlspec.ops.fields import PerAxis
from dlspec.ops.rules import fixed_sizes
from dlspec.ops.window import Windowed, one_each
from dlspec.tensor import INTEGERS, Tensor


class _MaxUnpool(Windowed):
    """The inverse of MaxPool as far as there is one: what was not the greatest is 0."""

    inputs: ClassVar = (2, 2)
    positional: ClassVar = ("kernel",)
    onnx: ClassVar = ("ScatterElements",)
    tflite: ClassVar = ("SCATTER_ND",)

    stride: PerAxis | None = None
    size: PerAxis | None = None

    @field_validator("size")
    @classmethod
    def _one_size_for_each_axis(cls, value: Any) -> Any:
        return one_each(cls.places, value)

    def target(self, x: Tensor) -> tuple[int, ...]:
        """The sizes of the place axes of what it gives: as they are asked for, or the least that
        have so many windows."""
        return self._least(x) if self.size is None else self._each(self.size)

    def _least(self, x: Tensor) -> tuple[int, ...]:
        steps = zip(x.shape[1:], self.strides, strict=True)
        if self.padding == "same":
            return tuple(int(n) * int(s) for n, s in steps)
        cut = [before + after for before, after in self.pads(x)]
        sizes = zip(steps, self.kernels, cut, strict=True)
        return tuple((int(n) - 1) * int(s) + int(k) - int(c) for (n, s), k, c in sizes)

    def problems(self, *x: Tensor) -> Iterator[Problem]:
        found = tuple(super().problems(*x))
        yield from found
        if found:
            return
        if x[1].dtype not in INTEGERS or x[1].shape != x[0].shape:
            what = f"{self.kind()} needs a place for each value of {x[0]}, got {x[1]}"
            of = f"MaxPool{self.places}D"
            yield Problem(None, what, f"values, places = x -> {of}(2, return=(values, places))")

    def misfits(self, x: Tensor) -> Iterator[Problem]:
        found = tuple(fixed_sizes(self.kind(), x))
        yield from found
        if found:
            return
        sizes = zip(self._least(x), self.target(x), self.strides, strict=True)
        for axis, (least, n, stride) in enumerate(sizes, start=1):
            if n < 1 or abs(n - least) >= stride:
                what = f"{int(x.shape[axis])} such windows of axis {axis} have no {n} places"
                if self.size is None:
                    yield Problem("padding", what, "less padding, or size=")
                else:
                    low, high = max(least - stride + 1, 1), least + stride - 1
                    yield Problem("size", what, f"{low} to {high}" if low < high else f"{high}")
                return

    def shape(self, *x: Tensor) -> Tensor:
        return x[0].with_shape(x[0].shape[0], *self.target(x[0]), image=True)


class MaxUnpool1D(_MaxUnpool):
    """Each value at its place on an axis, and 0 elsewhere: (values, places) of [c, l'] become
    [c, l].

    See MaxUnpool2D.

    - `kernel`, `stride` (none: the kernel), `padding`: those of the MaxPool1D, which say how long
      the axis was.
    - `size`: the length of the result, where strides left out places; without, the least.
    """

    places: ClassVar = 1
    examples: ClassVar = (
        example("MaxUnpool1D(2)", "f32[3, 4]", "i32[3, 4]"),
        example("MaxUnpool1D(3, stride=2, padding=1, size=8)", "f32[2, 4]", "i32[2, 4]"),
    )


class MaxUnpool2D(_MaxUnpool):
    """Each value at its place in an image, and 0 elsewhere: (values, places) of [c, h', w'] become
    [c, h, w].

    `y, places = x -> MaxPool2D(2, return=(values, places))` keeps where the greatest stood, and
    `(z, places) -> MaxUnpool2D(2)` puts other values of the same shape there. A place that several
    windows name (with a stride below the kernel) holds the mean of their values: that value, where
    they are equal. Zeiler et al. 2011; SegNet (Badrinarayanan et al. 2015).

    - `kernel`, `stride` (none: the kernel), `padding`: those of the MaxPool2D, which say how large
      the image was.
    - `size`: of the result, (height, width), or a number for both, where strides left out places;
      without, the least.
    """

    places: ClassVar = 2
    examples: ClassVar = (
        example("MaxUnpool2D(2)", "f32[3, 2, 4]", "i32[3, 2, 4]"),
        example("MaxUnpool2D(3, stride=2, padding=same)", "f32[2, 3, 2]", "i32[2, 3, 2]"),
        example("MaxUnpool2D(2, stride=(2, 3), size=(5, 7))", "f32[2, 2, 2]", "i32[2, 2, 2]"),
    )


class MaxUnpool3D(_MaxUnpool):
    """Each value at its place in a volume, and 0 elsewhere: (values, places) of [c, d', h', w']
    become [c, d, h, w].

    See MaxUnpool2D.

    - `kernel`, `stride` (none: the kernel), `padding`: those of the MaxPool3D, which say how large
      the volume was.
    - `size`: of the result, (depth, height, width), or a number for all, where strides left out
      places; without, the least.
    """

    places: ClassVar = 3
    examples: ClassVar = (
        example("MaxUnpool3D(2)", "f32[2, 2, 1, 2]", "i32[2, 2, 1, 2]"),
        example(
            "MaxUnpool3D(2, stride=1, padding=1, size=2)", "f32[2, 3, 3, 3]", "i32[2, 3, 3, 3]"
        ),
    )
