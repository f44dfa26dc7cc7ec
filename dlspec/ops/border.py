"""Places put around an image, and cut off it."""

from collections.abc import Iterator
from typing import Annotated, Any, ClassVar, Literal

from pydantic import PlainValidator, field_validator

from dlspec.declared import Problem
from dlspec.expr import total
from dlspec.ops.base import example
from dlspec.ops.fields import AS_IT_IS, Number, at_least
from dlspec.ops.places import Bordered
from dlspec.ops.window import ends_of
from dlspec.tensor import Tensor


def _numbers(value: Any) -> Any:
    if isinstance(value, (tuple, list)):
        return tuple(_numbers(v) for v in value)
    return at_least(0, value)


Ends = Annotated[Any, PlainValidator(_numbers), AS_IT_IS]
"""Numbers of places at the ends of each axis, as `padding` of a convolution has them."""


class _Pad(Bordered):
    """More places."""

    positional: ClassVar = ("padding",)
    onnx: ClassVar = ("Pad",)
    tflite: ClassVar = ("PAD", "PADV2", "MIRROR_PAD", "GATHER")

    padding: Ends
    mode: Literal["constant", "edge", "reflect", "wrap"] = "constant"
    value: Number = 0.0

    @field_validator("padding")
    @classmethod
    def _for_each_axis(cls, value: Any) -> Any:
        return ends_of(cls.places, value)

    @property
    def given(self) -> Any:
        return self.padding

    @property
    def any_size(self) -> bool:
        return self.mode == "constant"

    def problems(self, *x: Tensor) -> Iterator[Problem]:
        found = tuple(super().problems(*x))
        yield from found
        if found:
            return
        if self.value and self.mode != "constant":
            yield Problem("value", f"mode={self.mode} takes no value", "mode=constant does")
        sizes = zip(x[0].shape[1:], self.pads(x[0]), strict=True)
        for axis, (size, ends) in enumerate(sizes, start=1):
            most = {"reflect": int(size) - 1, "wrap": int(size)}.get(self.mode)
            if most is not None and max(ends) > most:
                what = f"axis {axis} of {x[0]} has no {max(ends)} places to {self.mode}"
                yield Problem("padding", what, f"at most {most}, or mode=edge")
                return

    def shape(self, *x: Tensor) -> Tensor:
        sizes = zip(x[0].shape[1:], self.pads(x[0]), strict=True)
        return x[0].with_shape(x[0].shape[0], *(total(n, sum(p)) for n, p in sizes), image=True)


class _Crop(Bordered):
    """Fewer places."""

    positional: ClassVar = ("cropping",)
    onnx: ClassVar = ("Slice",)
    tflite: ClassVar = ("STRIDED_SLICE",)

    cropping: Ends

    @field_validator("cropping")
    @classmethod
    def _for_each_axis(cls, value: Any) -> Any:
        return ends_of(cls.places, value)

    @property
    def given(self) -> Any:
        return self.cropping

    @property
    def any_size(self) -> bool:
        return True

    def problems(self, *x: Tensor) -> Iterator[Problem]:
        found = tuple(super().problems(*x))
        yield from found
        if found:
            return
        sizes = zip(x[0].shape[1:], self.pads(x[0]), strict=True)
        for axis, (size, ends) in enumerate(sizes, start=1):
            if sum(ends) >= size:
                what = f"nothing is left of axis {axis} of {x[0]}, which has {int(size)} places"
                yield Problem("cropping", what, f"at most {int(size) - 1} at both ends together")
                return

    def shape(self, *x: Tensor) -> Tensor:
        sizes = zip(x[0].shape[1:], self.pads(x[0]), strict=True)
        kept = (n - sum(p) if sum(p) else n for n, p in sizes)
        return x[0].with_shape(x[0].shape[0], *kept, image=True)


class Pad1D(_Pad):
    """Places put around a signal: [c, l] becomes [c, l'].

    - `padding`: a number for both ends, or (before, after).
    - `mode`: what they hold: `constant`, `edge` (what is next to them), `reflect` (what lies as far
      on the other side of the last place), or `wrap` (what stands at the other end).
    - `value`: the constant.
    """

    places: ClassVar = 1
    examples: ClassVar = (
        example("Pad1D((2, 1))", "f32[3, 5]"),
        example("Pad1D(1, value=-0.5)", "f32[2, 4]"),
        example("Pad1D((2, 3), mode=edge)", "f32[3, 2]"),
        example("Pad1D(2, mode=reflect)", "f32[3, 5]"),
        example("Pad1D((0, 3), mode=wrap)", "f32[3, 4]"),
    )


class Pad2D(_Pad):
    """Places put around an image: [c, h, w] becomes [c, h', w'].

    - `padding`: a number for all edges, or (height, width), each a number or
      (before, after).
    - `mode`: what they hold: `constant`, `edge` (what is next to them), `reflect` (what lies as far
      on the other side of the last place), or `wrap` (what stands at the other end).
    - `value`: the constant.
    """

    places: ClassVar = 2
    examples: ClassVar = (
        example("Pad2D(1)", "f32[3, 5, 4]"),
        example("Pad2D(((0, 1), 2), value=1.5)", "f32[2, 3, 4]"),
        example("Pad2D((2, (0, 3)), mode=edge)", "f32[3, 2, 4]"),
        example("Pad2D((1, (2, 0)), mode=reflect)", "f32[2, 3, 4]"),
        example("Pad2D((2, 1), mode=wrap)", "f32[2, 3, 4]"),
    )


class Pad3D(_Pad):
    """Places put around a volume: [c, d, h, w] becomes [c, d', h', w'].

    - `padding`: a number for all sides, or (depth, height, width), each a number or
      (before, after).
    - `mode`: what they hold: `constant`, `edge` (what is next to them), `reflect` (what lies as far
      on the other side of the last place), or `wrap` (what stands at the other end).
    - `value`: the constant.
    """

    places: ClassVar = 3
    examples: ClassVar = (
        example("Pad3D(1)", "f32[2, 3, 4, 2]"),
        example("Pad3D((0, 1, (2, 1)), value=-1)", "f32[2, 2, 3, 4]"),
        example("Pad3D((1, 2, 0), mode=edge)", "f32[2, 1, 3, 2]"),
        example("Pad3D(((1, 0), 2, 1), mode=reflect)", "f32[2, 2, 4, 3]"),
        example("Pad3D(1, mode=wrap)", "f32[2, 2, 3, 1]"),
    )


class Crop1D(_Crop):
    """Places cut off a signal: [c, l] becomes [c, l'].

    - `cropping`: a number for both ends, or (before, after).
    """

    places: ClassVar = 1
    examples: ClassVar = (
        example("Crop1D(1)", "f32[3, 5]"),
        example("Crop1D((0, 2))", "f32[2, 4]"),
    )


class Crop2D(_Crop):
    """Places cut off an image: [c, h, w] becomes [c, h', w'].

    - `cropping`: a number for all edges, or (height, width), each a number or
      (before, after).
    """

    places: ClassVar = 2
    examples: ClassVar = (
        example("Crop2D(1)", "f32[3, 5, 4]"),
        example("Crop2D((0, (2, 1)))", "f32[2, 3, 5]"),
    )


class Crop3D(_Crop):
    """Places cut off a volume: [c, d, h, w] becomes [c, d', h', w'].

    - `cropping`: a number for all sides, or (depth, height, width), each a number or
      (before, after).
    """

    places: ClassVar = 3
    examples: ClassVar = (
        example("Crop3D(1)", "f32[2, 3, 4, 5]"),
        example("Crop3D(((1, 0), 0, (0, 2)))", "f32[2, 2, 3, 4]"),
    )
