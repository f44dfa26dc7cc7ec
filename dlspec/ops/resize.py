"""Images and signals made larger or smaller."""

from collections.abc import Iterator
from typing import Any, ClassVar, Literal

from pydantic import field_validator

from dlspec.declared import Problem
from dlspec.expr import product
from dlspec.ops.base import example
from dlspec.ops.fields import Flag, PerAxis
from dlspec.ops.places import OfPlaces
from dlspec.ops.window import one_each
from dlspec.tensor import Tensor


class _Resized(OfPlaces):
    """Each place of the result reads where it lies in the input: the nearest place, or between
    its neighbours."""

    onnx: ClassVar = ("Resize", "Gather")

    mode: str = "nearest"
    align_corners: Flag = False

    @field_validator("scale", "size", check_fields=False)
    @classmethod
    def _one_for_each_axis(cls, value: Any) -> Any:
        return one_each(cls.places, value)

    @property
    def linear(self) -> bool:
        """Whether it reads between neighbours."""
        return self.mode != "nearest"

    def sized(self, x: Tensor) -> tuple[int, ...]:
        """The size of each place axis of the result."""
        raise NotImplementedError

    def problems(self, *x: Tensor) -> Iterator[Problem]:
        yield from super().problems(*x)
        if self.align_corners and not self.linear:
            what = "the nearest place is not moved to the corners"
            yield Problem("align_corners", what, f"mode={_words(type(self))[1]}, or leave it out")

    def shape(self, *x: Tensor) -> Tensor:
        return x[0].with_shape(x[0].shape[0], *self.sized(x[0]), image=True)


def _words(cls: type[_Resized]) -> tuple[str, ...]:
    return cls.words("mode")


class _Upsample(_Resized):
    """A whole multiple of the places of each axis."""

    positional: ClassVar = ("scale",)

    scale: PerAxis

    @property
    def scales(self) -> tuple[int, ...]:
        """The factor of each place axis."""
        return self.scale if isinstance(self.scale, tuple) else (self.scale,) * self.places

    @property
    def any_size(self) -> bool:
        return not self.linear

    def sized(self, x: Tensor) -> tuple[int, ...]:
        return tuple(product(n, s) for n, s in zip(x.shape[1:], self.scales, strict=True))


class _Resize(_Resized):
    """A given number of places on each axis."""

    positional: ClassVar = ("size",)

    size: PerAxis

    def sized(self, x: Tensor) -> tuple[int, ...]:
        return self.size if isinstance(self.size, tuple) else (self.size,) * self.places


class Upsample1D(_Upsample):
    """A signal `scale` times as large: [c, l] becomes [c, l · scale].

    - `scale`: 1 or more.
    - `mode`: `nearest` repeats each place; `linear` reads between its two neighbours.
    - `align_corners`: where place i of m lies among the n of the input. Without, at (i + 1/2) · n /
      m - 1/2, so that the areas of both coincide, held within the first and the last place; with
      it, at i · (n - 1) / (m - 1), so that the first and the last places coincide.
    """

    places: ClassVar = 1
    tflite: ClassVar = ("TILE", "RESIZE_BILINEAR", "GATHER")
    examples: ClassVar = (
        example("Upsample1D(2)", "f32[3, 5]"),
        example("Upsample1D(3, mode=nearest)", "f32[2, 7]"),
        example("Upsample1D(3, mode=linear)", "f32[2, 7]"),
        example("Upsample1D(2, mode=linear, align_corners=true)", "f32[2, 4]"),
    )

    mode: Literal["nearest", "linear"] = "nearest"


class Upsample2D(_Upsample):
    """An image `scale` times as large: [c, h, w] becomes [c, h · scale, w · scale].

    - `scale`: 1 or more, or (height, width).
    - `mode`: `nearest` repeats each place; `bilinear` reads between four neighbours, `bicubic`
      between sixteen, by the cubic kernel of Keys 1981 with a = -0.75, PyTorch's. Keras's
      `bicubic` has a = -0.5.
    - `align_corners`: where place i of m lies among the n of the input. Without, at (i + 1/2) · n /
      m - 1/2, so that the areas of both coincide, held within the first and the last place (what
      `bicubic` reads beyond them is the last of that side); with it, at i · (n - 1) / (m - 1), so
      that the first and the last places coincide.
    """

    places: ClassVar = 2
    tflite: ClassVar = ("TILE", "RESIZE_BILINEAR", "GATHER")
    examples: ClassVar = (
        example("Upsample2D(2)", "f32[3, 5, 4]"),
        example("Upsample2D((2, 3), mode=nearest)", "f32[2, 4, 6]"),
        example("Upsample2D((2, 3), mode=bilinear)", "f32[2, 4, 6]"),
        example("Upsample2D(2, mode=bilinear, align_corners=true)", "f32[2, 3, 4]"),
        example("Upsample2D((2, 3), mode=bicubic)", "f32[2, 4, 6]"),
    )

    mode: Literal["nearest", "bilinear", "bicubic"] = "nearest"


class Upsample3D(_Upsample):
    """A volume `scale` times as large: [c, d, h, w] becomes [c, d · scale, h · scale, w · scale].

    - `scale`: 1 or more, or (depth, height, width).
    - `mode`: `nearest` repeats each place; `trilinear` reads between eight neighbours.
    - `align_corners`: where place i of m lies among the n of the input. Without, at (i + 1/2) · n /
      m - 1/2, so that the areas of both coincide, held within the first and the last place; with
      it, at i · (n - 1) / (m - 1), so that the first and the last places coincide.
    """

    places: ClassVar = 3
    tflite: ClassVar = ("TILE", "RESIZE_BILINEAR", "GATHER")
    examples: ClassVar = (
        example("Upsample3D(2)", "f32[2, 3, 4, 2]"),
        example("Upsample3D((1, 2, 3), mode=nearest)", "f32[2, 2, 3, 4]"),
        example("Upsample3D((1, 2, 3), mode=trilinear)", "f32[2, 2, 3, 4]"),
        example("Upsample3D(2, mode=trilinear, align_corners=true)", "f32[2, 2, 4, 3]"),
    )

    mode: Literal["nearest", "trilinear"] = "nearest"


class Resize1D(_Resize):
    """A signal of a given size, larger or smaller: [c, l] becomes [c, size].

    - `size`: 1 or more.
    - `mode`: `nearest` takes place floor((i + 1/2) · n / m) of n for place i of m; `linear`
      reads between its two neighbours.
    - `align_corners`: where place i of m lies among the n: as for Upsample1D.

    What is made smaller is not smoothed first: AdaptiveAvgPool1D is.
    """

    places: ClassVar = 1
    tflite: ClassVar = ("GATHER", "RESIZE_BILINEAR", "TILE")
    examples: ClassVar = (
        example("Resize1D(7)", "f32[3, 5]"),
        example("Resize1D(4, mode=linear)", "f32[2, 7]"),
        example("Resize1D(1, mode=linear, align_corners=true)", "f32[2, 4]"),
    )

    mode: Literal["nearest", "linear"] = "nearest"


class Resize2D(_Resize):
    """An image of a given size, larger or smaller: [c, h, w] becomes [c, height, width].

    - `size`: 1 or more, or (height, width).
    - `mode`: `nearest` takes place floor((i + 1/2) · n / m) of n for place i of m; `bilinear`
      reads between four neighbours, `bicubic` between sixteen, as Upsample2D does.
    - `align_corners`: where place i of m lies among the n: as for Upsample2D.

    What is made smaller is not smoothed first: AdaptiveAvgPool2D is.
    """

    places: ClassVar = 2
    tflite: ClassVar = ("GATHER", "RESIZE_BILINEAR", "TILE")
    examples: ClassVar = (
        example("Resize2D(7)", "f32[3, 5, 4]"),
        example("Resize2D((9, 3), mode=bilinear)", "f32[2, 4, 6]"),
        example("Resize2D((1, 7), mode=bilinear, align_corners=true)", "f32[2, 3, 4]"),
        example("Resize2D((3, 9), mode=bicubic)", "f32[2, 5, 4]"),
        example("Resize2D((1, 7), mode=bicubic, align_corners=true)", "f32[2, 3, 4]"),
    )

    mode: Literal["nearest", "bilinear", "bicubic"] = "nearest"


class Resize3D(_Resize):
    """A volume of a given size, larger or smaller: [c, d, h, w] becomes [c, depth, height, width].

    - `size`: 1 or more, or (depth, height, width).
    - `mode`: `nearest` takes place floor((i + 1/2) · n / m) of n for place i of m; `trilinear`
      reads between eight neighbours.
    - `align_corners`: where place i of m lies among the n: as for Upsample3D.

    What is made smaller is not smoothed first: AdaptiveAvgPool3D is.
    """

    places: ClassVar = 3
    tflite: ClassVar = ("GATHER", "RESIZE_BILINEAR", "TILE")
    examples: ClassVar = (
        example("Resize3D(3)", "f32[2, 3, 4, 2]"),
        example("Resize3D((2, 5, 3), mode=trilinear)", "f32[2, 2, 3, 4]"),
        example("Resize3D((1, 5, 2), mode=trilinear, align_corners=true)", "f32[2, 2, 4, 3]"),
    )

    mode: Literal["nearest", "trilinear"] = "nearest"
