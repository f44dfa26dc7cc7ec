"""Windows laid side by side as channels, and put back where they came from."""

from collections.abc import Iterator
from math import prod
from typing import Any, ClassVar

from pydantic import field_validator

from dlspec.declared import Problem
from dlspec.expr import product
from dlspec.ops.base import example
from dlspec.ops.fields import PerAxis
from dlspec.ops.folding import Folding
from dlspec.ops.rules import fixed_sizes
from dlspec.ops.window import Pads, one_each
from dlspec.tensor import Tensor


class _Unfold(Folding):
    positional: ClassVar = ("kernel",)
    onnx: ClassVar = ("Pad", "Gather", "Transpose", "Reshape")
    tflite: ClassVar = ("PADV2", "STRIDED_SLICE", "PACK", "RESHAPE")

    def misfits(self, x: Tensor) -> Iterator[Problem]:
        found = tuple(super().misfits(x))
        yield from found or fixed_sizes(self.kind(), x, None if self.places > 1 else (0,))

    def shape(self, *x: Tensor) -> Tensor:
        channels = product(x[0].shape[0], prod(map(int, self.kernels)))
        return x[0].with_shape(channels, *self.slid(x[0]), image=True)


class Unfold1D(_Unfold):
    """The numbers of each window over one axis as channels: [c, l] becomes [c · kernel, l'].

    Frames of a signal that overlap. The channels are c · kernel + place in the window; see
    Unfold2D.

    - `kernel`, `stride`, `dilation`: 1 or more.
    - `padding`: `valid`, `same` (l' = ceil(l / stride), the surplus at the end), a number for both
      ends, or (before, after). What is padded is 0.
    """

    places: ClassVar = 1
    examples: ClassVar = (
        example("Unfold1D(4)", "f32[3, 9]"),
        example("Unfold1D(3, stride=2, padding=same)", "f32[2, 10]"),
        example("Unfold1D(3, stride=3, dilation=2, padding=(0, 2))", "f32[2, 10]"),
    )


class Unfold2D(_Unfold):
    """The numbers of each window over two axes as channels: [c, h, w] becomes
    [c · kernel², h', w'].

    Channel by channel, and in each the rows of the window: channel (c · height + i) · width + j is
    what stands at (i, j) of the window in channel c. A convolution is a Dense of these. It is
    PyTorch's Unfold with the places of the windows in two axes (`Rearrange([c, h, w] -> [c, h*w])`
    makes one of them), and Keras's extract_patches, which has c last. The inverse is Fold2D.

    - `kernel`, `stride`, `dilation`: 1 or more, or (height, width).
    - `padding`: `valid`, `same` (h' = ceil(h / stride), the surplus at the bottom and the right), a
      number, or (height, width), each a number or (before, after). What is padded is 0.
    """

    places: ClassVar = 2
    examples: ClassVar = (
        example("Unfold2D(2, stride=2)", "f32[3, 4, 6]"),
        example("Unfold2D((3, 2), stride=(1, 2), padding=same)", "f32[2, 5, 7]"),
        example("Unfold2D(3, dilation=(1, 2), padding=((0, 1), 2))", "f32[2, 6, 5]"),
    )


class _Fold(Folding):
    positional: ClassVar = ("size", "kernel")
    onnx: ClassVar = ("Col2Im",)
    tflite: ClassVar = ("RESHAPE", "STRIDED_SLICE", "PADV2", "ADD")

    size: PerAxis

    @field_validator("size")
    @classmethod
    def _one_size_for_each_axis(cls, value: Any) -> Any:
        return one_each(cls.places, value)

    @property
    def target(self) -> tuple[int, ...]:
        """The sizes of the place axes of what it gives."""
        return self._each(self.size)

    def whole(self, x: Tensor) -> Tensor:
        """What it gives of these windows: the input of an Unfold that made them."""
        return x.with_shape(int(x.shape[0]) // prod(map(int, self.kernels)), *self.target)

    def pads(self, x: Tensor) -> Pads:
        """How much is cut off: what an Unfold of the whole pads."""
        return super().pads(self.whole(x))

    def misfits(self, x: Tensor) -> Iterator[Problem]:
        found = tuple(fixed_sizes(self.kind(), x))
        yield from found
        if found:
            return
        each = prod(map(int, self.kernels))
        if x.shape[0] % each:
            what = f"{int(x.shape[0])} channels make no windows of {each} numbers"
            yield Problem("kernel", what, f"a multiple of {each} channels before it")
            return
        whole = self.whole(x)
        wrong = tuple(super().misfits(whole))
        yield from wrong
        made = x.with_shape(x.shape[0], *super().slid(whole)) if not wrong else x
        if not x.same(made):
            what = f"{self.kind().replace('Fold', 'Unfold')} makes {made} of {whole}, got {x}"
            yield Problem("size", what, "kernel, stride, padding and dilation are those of both")

    def shape(self, *x: Tensor) -> Tensor:
        whole = self.whole(x[0])
        return x[0].with_shape(*whole.shape, image=True)


class Fold1D(_Fold):
    """Each window added where it came from, over one axis: [c · kernel, l'] becomes [c, size].

    The sum of overlapping frames (overlap-add); see Fold2D.

    - `size`: the length of the result.
    - `kernel`, `stride`, `dilation`, `padding`: those of the Unfold1D that has such windows. What
      lies in the padding is left out.
    """

    places: ClassVar = 1
    examples: ClassVar = (
        example("Fold1D(9, 4)", "f32[8, 6]"),
        example("Fold1D(10, 3, stride=2, padding=same)", "f32[6, 5]"),
        example("Fold1D(10, 3, stride=3, dilation=2, padding=(0, 2))", "f32[3, 3]"),
    )


class Fold2D(_Fold):
    """Each window added where it came from, over two axes: [c · kernel², h', w'] becomes
    [c, height, width].

    The channels are those of Unfold2D. Where windows overlap their numbers are added:
    Fold2D of what Unfold2D made is x times the number of windows over each place, which Fold2D
    gives of ones. PyTorch's Fold takes h' and w' as one axis:
    `Rearrange([c, (h*w)] -> [c, h, w], h=...)` before it.

    - `size`: of the result, (height, width), or a number for both.
    - `kernel`, `stride`, `dilation`, `padding`: those of the Unfold2D that has such windows. What
      lies in the padding is left out.
    """

    places: ClassVar = 2
    examples: ClassVar = (
        example("Fold2D((4, 6), 2, stride=2)", "f32[12, 2, 3]"),
        example("Fold2D((5, 7), (3, 2), stride=(1, 2), padding=same)", "f32[12, 5, 4]"),
        example("Fold2D((6, 5), 3, dilation=(1, 2), padding=((0, 1), 2))", "f32[18, 5, 5]"),
    )
