"""Channels that become pixels, and pixels that become channels."""

from collections.abc import Iterator
from typing import ClassVar

from dlspec.declared import Problem
from dlspec.expr import product
from dlspec.ops.base import example
from dlspec.ops.fields import Count
from dlspec.ops.places import OfPlaces
from dlspec.tensor import Tensor


class PixelShuffle(OfPlaces):
    """An image `factor` times as large, from as many channels for each pixel: [c · factor², h, w]
    becomes [c, h · factor, w · factor].

    The same as Rearrange([c*p*q, h, w] -> [c, h*p, w*q], p=factor, q=factor): channels first, as in
    PyTorch; TensorFlow's depth_to_space takes them last. Shi et al. 2016.

    - `factor`: 1 or more.
    """

    places: ClassVar = 2
    positional: ClassVar = ("factor",)
    onnx: ClassVar = ("DepthToSpace",)
    tflite: ClassVar = ("RESHAPE", "TRANSPOSE")
    examples: ClassVar = (
        example("PixelShuffle(2)", "f32[8, 3, 5]"),
        example("PixelShuffle(3)", "f32[9, 2, 4]"),
    )

    factor: Count

    def problems(self, *x: Tensor) -> Iterator[Problem]:
        found = tuple(super().problems(*x))
        yield from found
        each = int(self.factor) ** 2
        if not found and x[0].shape[0] % each:
            what = f"{int(x[0].shape[0])} channels make no pixels of {each} each"
            yield Problem("factor", what, f"a multiple of {each} channels before it")

    def shape(self, *x: Tensor) -> Tensor:
        c, h, w = x[0].shape
        sizes = (product(h, self.factor), product(w, self.factor))
        return x[0].with_shape(int(c) // int(self.factor) ** 2, *sizes, image=True)


class PixelUnshuffle(OfPlaces):
    """The inverse of PixelShuffle: [c, h · factor, w · factor] becomes [c · factor², h, w].

    The same as Rearrange([c, h*p, w*q] -> [c*p*q, h, w], p=factor, q=factor).

    - `factor`: 1 or more; a divisor of both axes.
    """

    places: ClassVar = 2
    positional: ClassVar = ("factor",)
    onnx: ClassVar = ("Reshape", "Transpose")
    tflite: ClassVar = ("RESHAPE", "TRANSPOSE")
    examples: ClassVar = (
        example("PixelUnshuffle(2)", "f32[3, 4, 6]"),
        example("PixelUnshuffle(3)", "f32[1, 3, 9]"),
    )

    factor: Count

    def problems(self, *x: Tensor) -> Iterator[Problem]:
        found = tuple(super().problems(*x))
        yield from found
        if found:
            return
        for axis in (1, 2):
            if x[0].shape[axis] % self.factor:
                what = f"{int(self.factor)} does not divide axis {axis} of {x[0]}"
                yield Problem("factor", what, f"a divisor of {int(x[0].shape[axis])}")

    def shape(self, *x: Tensor) -> Tensor:
        c, h, w = x[0].shape
        smaller = (int(n) // int(self.factor) for n in (h, w))
        return x[0].with_shape(product(c, int(self.factor) ** 2), *smaller, image=True)
