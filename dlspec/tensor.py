"""Types of tensors: dtype and shape for one example; the batch axis is never written."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

DType = Literal["f16", "bf16", "f32", "f64", "i8", "i32", "i64", "bool", "class"]
DTYPES: tuple[str, ...] = ("f16", "bf16", "f32", "f64", "i8", "i32", "i64", "bool")
FLOATS = frozenset({"f16", "bf16", "f32", "f64"})
INTEGERS = frozenset({"i8", "i32", "i64", "class"})

Shape = tuple[int, ...]
"""Sizes of an example's axes. Each may be an `expr.Size`, which remembers its origin."""


@dataclass(frozen=True, slots=True)
class Tensor:
    """The type of a wire: `f32[64, 8, 8]`. `classes` is set where dtype is `class`."""

    dtype: DType
    shape: Shape
    classes: int | None = None
    image: bool = False
    """Straight from a convolution or pooling: its axes are channels, then places."""
    common: bool = False
    """Of no example: the same for all of them, and without a batch axis in a program."""
    last: bool = False
    """Kept channels-last, as the layout pass decides; `shape` stays logical."""

    @property
    def rank(self) -> int:
        return len(self.shape)

    @property
    def size(self) -> int:
        """The number of elements of one example."""
        n = 1
        for s in self.shape:
            n *= int(s)
        return n

    @property
    def stored(self) -> Shape:
        """The sizes in the order in which they are kept."""
        return (*self.shape[1:], *self.shape[:1]) if self.last else self.shape

    def with_shape(self, *shape: int, image: bool = False) -> Tensor:
        return Tensor(self.dtype, shape, self.classes, image)

    def same(self, other: Tensor) -> bool:
        """Equal dtype, shape and classes, wherever they come from."""
        mine, others = (
            (self.dtype, self.shape, self.classes),
            (other.dtype, other.shape, other.classes),
        )
        return mine == others

    def __str__(self) -> str:
        return self.written(str)

    def written(self, size: Callable[[int], str]) -> str:
        """The type as a spec writes it, each size as `size` gives it."""
        shape = f"[{', '.join(map(size, self.shape))}]"
        if self.dtype == "class":
            count = f"[{self.classes}]" if self.classes is not None else ""
            return f"class{count}" + (shape if self.shape else "")
        return f"{self.dtype}{shape}"


def shape_text(shape: Shape) -> str:
    return "[" + ", ".join(map(str, shape)) + "]"


def f32(*shape: int) -> Tensor:
    return Tensor("f32", shape)
