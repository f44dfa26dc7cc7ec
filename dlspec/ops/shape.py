"""Layers that change the shape and no number."""

from collections.abc import Iterator
from math import prod
from typing import Annotated, Any, ClassVar

from pydantic import PlainValidator

from dlspec.declared import Problem
from dlspec.expr import product, total
from dlspec.length import quotient
from dlspec.ops.base import Op, example
from dlspec.ops.fields import AS_IT_IS, Axes, Axis, whole
from dlspec.ops.rules import all_axes, axes_exist, axis_exists, same_dtypes
from dlspec.tensor import Tensor, shape_text


class Flatten(Op):
    """All axes of an example in one: [a, b, ...] becomes [a · b · ...]; or neighbouring ones alone.

    The order is that of channels-first: the last axis runs fastest.

    - `axis`: the axes that become one, in their order; all without. `axis=(1, 2)` makes [c, h · w]
      of [c, h, w], as PyTorch's `start_dim` and `end_dim` do.
    """

    onnx: ClassVar = ("Flatten", "Reshape")
    tflite: ClassVar = ("RESHAPE",)
    examples: ClassVar = (
        example("Flatten", "f32[3, 4, 5]"),
        example("Flatten", "f32[6]"),
        example("Flatten(axis=(1, 2))", "f32[3, 4, 5]"),
        example("Flatten(axis=(0, 1))", "f32[3, 4, 5, 2]"),
        example("Flatten(axis=(-3, -2, -1))", "f32[2, 3, 4, 5]"),
    )

    axis: Axes | None = None

    def joined(self, x: Tensor) -> tuple[int, ...]:
        """The axes that become one, counted from the front."""
        return all_axes(self.axis, x)

    def problems(self, *x: Tensor) -> Iterator[Problem]:
        wrong = tuple(axes_exist("axis", self.axis, x[0]))
        yield from wrong
        if self.axis is None or wrong:
            return
        given = (self.axis,) if isinstance(self.axis, int) else self.axis
        at = [a % x[0].rank for a in given]
        between = tuple(range(min(at), max(at) + 1))
        if at != list(between):
            what = f"axes {', '.join(map(str, at))} of {x[0]} are no neighbours in their order"
            yield Problem("axis", what, f"axis={between} are; Rearrange joins others")

    def shape(self, *x: Tensor) -> Tensor:
        axes, sizes = self.joined(x[0]), x[0].shape
        first, behind = (axes[0], axes[-1] + 1) if axes else (0, 0)
        return x[0].with_shape(*sizes[:first], product(*sizes[first:behind]), *sizes[behind:])


def _sizes(value: Any) -> tuple[int, ...]:
    if not isinstance(value, (tuple, list)):
        raise ValueError("must be the sizes of the axes, such as Reshape(1, 28, 28)")
    sizes = tuple(whole(v) for v in value)
    if any(s < 1 and s != -1 for s in sizes):
        raise ValueError("must be at least 1 each, or -1 for the one that follows from the others")
    if sizes.count(-1) > 1:
        raise ValueError("can leave only one size open as -1")
    return sizes


class Reshape(Op):
    """The same numbers in another shape: Reshape(1, 28, 28) makes [1, 28, 28] of [784].

    The order is that of channels-first: the last axis runs fastest. One size may be -1: it follows
    from the others.

    - `dims`: the sizes of the axes of an example, each 1 or more, or -1 once.
    """

    variadic: ClassVar = "dims"
    lengths: ClassVar = ("dims",)
    onnx: ClassVar = ("Reshape",)
    tflite: ClassVar = ("RESHAPE",)
    examples: ClassVar = (
        example("Reshape(3, 2, 4)", "f32[24]"),
        example("Reshape(4, -1)", "f32[2, 3, 4]"),
        example("Reshape(-1)", "f32[2, 5]"),
    )

    dims: Annotated[tuple[int, ...], PlainValidator(_sizes), AS_IT_IS]

    def problems(self, *x: Tensor) -> Iterator[Problem]:
        known = prod(s for s in self.dims if s != -1)
        open_ = -1 in self.dims
        size = prod(x[0].shape)
        if quotient(size, known) is None if open_ else size != known:
            found = "a multiple of " if open_ else ""
            yield Problem(
                "dims",
                f"{x[0]} has {size} elements, {shape_text(self.dims)} takes {found}{known}",
                "" if open_ else "one size may be -1: it follows from the others",
            )

    def shape(self, *x: Tensor) -> Tensor:
        known = prod(s for s in self.dims if s != -1)
        rest = quotient(prod(x[0].shape), known)
        return x[0].with_shape(*(rest if s == -1 and rest is not None else s for s in self.dims))


class Concat(Op):
    """Its inputs one behind the other along an axis: (a, b) -> Concat makes [n + m] of [n], [m].

    All other axes have equal sizes. With one axis it is that one; with more it must be named.

    - `axis`: the axis along which they are joined.
    """

    inputs: ClassVar = (1, None)
    onnx: ClassVar = ("Concat",)
    tflite: ClassVar = ("CONCATENATION",)
    examples: ClassVar = (
        example("Concat", "f32[3]", "f32[5]"),
        example("Concat(axis=0)", "f32[2, 5, 4]", "f32[3, 5, 4]", "f32[1, 5, 4]"),
        example("Concat(axis=-1)", "f32[3, 2]", "f32[3, 6]"),
        example("Concat(axis=1)", "f32[3, 2, 4]", "f32[3, 5, 4]"),
    )

    axis: Axis | None = None

    def problems(self, *x: Tensor) -> Iterator[Problem]:
        yield from same_dtypes("Concat", x)
        if len({t.rank for t in x}) > 1:
            what = f"Concat needs inputs with the same number of axes, got {_listed(x)}"
            yield Problem(None, what, "Flatten or Reshape the others first")
            return
        if any(t.dtype == "class" for t in x) and len({t.classes for t in x}) > 1:
            yield Problem(None, f"Concat needs inputs with the same classes, got {_listed(x)}")
        if x[0].rank == 0:
            yield Problem(None, f"Concat needs at least one axis, got {x[0]}", "Reshape(1)")
        elif self.axis is None and x[0].rank > 1:
            what = f"Concat needs axis= for inputs of {x[0].rank} axes, such as {x[0]}"
            yield Problem("axis", what, "axis=0 joins channels, axis=-1 the last axis")
        else:
            wrong = tuple(axis_exists("axis", self.axis or 0, x[0]))
            yield from wrong or self._unequal(x)

    def _unequal(self, x: tuple[Tensor, ...]) -> Iterator[Problem]:
        at = (self.axis or 0) % x[0].rank
        for axis in range(x[0].rank):
            if axis != at and len({t.shape[axis] for t in x}) > 1:
                sizes = " and ".join(str(t.shape[axis]) for t in x)
                what = f"Concat along axis {at} needs equal sizes of axis {axis}, got {sizes}"
                fits = [
                    str(a)
                    for a in range(x[0].rank)
                    if all(len({t.shape[b] for t in x}) == 1 for b in range(x[0].rank) if b != a)
                ]
                yield Problem(None, what, f"axis={fits[0]} would fit" if fits else "")
                return

    def shape(self, *x: Tensor) -> Tensor:
        at = (self.axis or 0) % x[0].rank
        joined = total(*(t.shape[at] for t in x))
        sizes = (joined if a == at else size for a, size in enumerate(x[0].shape))
        return x[0].with_shape(*sizes, image=all(t.image for t in x))


def _listed(x: tuple[Tensor, ...]) -> str:
    return " and ".join(str(t) for t in x)
