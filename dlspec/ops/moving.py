"""Functions that put elements in other places: beside each other, in another order, further on."""

from collections.abc import Iterator
from typing import Annotated, Any, ClassVar, Literal

from pydantic import PlainValidator

from dlspec.declared import Problem
from dlspec.expr import total
from dlspec.ops.base import Op, example
from dlspec.ops.fields import AS_IT_IS, Axes, Axis, Number, Whole, at_least, axes
from dlspec.ops.rules import all_axes, axes_exist, axis_between, axis_exists, numbers, same_dtypes
from dlspec.tensor import FLOATS, Tensor


def _order(value: Any) -> tuple[int, ...]:
    if not isinstance(value, (tuple, list)):
        raise ValueError("must be the axes in their new order, such as transpose((1, 0))")
    made = axes(value)
    return made if isinstance(made, tuple) else (made,)


def _ends(value: Any) -> tuple[int, int]:
    if isinstance(value, (tuple, list)):
        if len(value) != 2:
            raise ValueError("must be a number, or (before, after)")
        before, after = (at_least(0, v) for v in value)
        return before, after
    both = at_least(0, value)
    return both, both


Order = Annotated[tuple[int, ...], PlainValidator(_order), AS_IT_IS]
Ends = Annotated[tuple[int, int], PlainValidator(_ends), AS_IT_IS]


class stack(Op):
    """Its inputs beside each other, along a new axis: stack([a, b]) makes [2, n] of two [n].

    All have one type.

    - `axis`: where the new axis stands in the result; in front by default.
    """

    inputs: ClassVar = (1, None)
    onnx: ClassVar = ("Unsqueeze", "Concat")
    tflite: ClassVar = ("PACK",)
    examples: ClassVar = (
        example("stack", "f32[3]", "f32[3]"),
        example("stack(axis=1)", "f32[3, 4]", "f32[3, 4]", "f32[3, 4]"),
        example("stack(axis=-1)", "f32[]", "f32[]"),
    )

    axis: Axis = 0

    def problems(self, *x: Tensor) -> Iterator[Problem]:
        wrong = tuple(same_dtypes("stack", x))
        yield from wrong
        if not wrong and any(not t.same(x[0]) for t in x):
            given = " and ".join(dict.fromkeys(map(str, x)))
            yield Problem(None, f"stack needs inputs of one type, got {given}")
        else:
            yield from axis_between("axis", self.axis, x[0])

    def shape(self, *x: Tensor) -> Tensor:
        sizes = list(x[0].shape)
        sizes.insert(self.axis % (x[0].rank + 1), len(x))
        return x[0].with_shape(*sizes)


class transpose(Op):
    """The axes in another order: transpose((1, 0)) makes [d, t] of [t, d].

    Rearrange does the same by names.

    - `axes`: for each axis of the result, which one it was; without it their order is turned round.
    """

    positional: ClassVar = ("axes",)
    onnx: ClassVar = ("Transpose",)
    tflite: ClassVar = ("TRANSPOSE",)
    examples: ClassVar = (
        example("transpose((1, 0))", "f32[3, 5]"),
        example("transpose((2, 0, 1))", "f32[3, 5, 4]"),
        example("transpose", "f32[2, 3, 4]"),
    )

    axes: Order | None = None

    def problems(self, *x: Tensor) -> Iterator[Problem]:
        if self.axes is None:
            return
        if len(self.axes) != x[0].rank:
            what = f"{len(self.axes)} axes are named, and {x[0]} has {x[0].rank}"
            yield Problem("axes", what, "the batch axis is not counted")
        else:
            yield from axes_exist("axes", self.axes, x[0])

    def order(self, x: Tensor) -> tuple[int, ...]:
        """The axes in their new order, counted from the front."""
        if self.axes is None:
            return tuple(range(x.rank))[::-1]
        return tuple(int(a) % x.rank for a in self.axes)

    def shape(self, *x: Tensor) -> Tensor:
        return x[0].with_shape(*(x[0].shape[a] for a in self.order(x[0])))


class pad(Op):
    """More places at the ends of an axis: pad(2) makes [n + 4] of [n].

    - `width`: so many at both ends, or (before, after).
    - `axis`: the axis, or several, each padded alike; not needed where there is one.
    - `mode`: what they hold: `constant`, `edge` (what is next to them), `reflect` (what lies as far
      on the other side of the last place), or `wrap` (what stands at the other end).
    - `value`: the constant.
    """

    positional: ClassVar = ("width",)
    onnx: ClassVar = ("Pad", "Gather")
    tflite: ClassVar = ("PAD", "PADV2", "MIRROR_PAD", "GATHER")
    examples: ClassVar = (
        example("pad(2)", "f32[5]"),
        example("pad((1, 0), axis=(0, 2), value=-0.5)", "f32[3, 5, 4]"),
        example("pad((2, 3), axis=1, mode=edge)", "f32[3, 5]"),
        example("pad((0, 2), axis=0, mode=edge)", "f32[3, 5, 4]"),
        example("pad(2, axis=-1, mode=reflect)", "f32[3, 5]"),
        example("pad((1, 2), axis=0, mode=reflect)", "f32[3, 5, 4]"),
        example("pad((3, 1), axis=1, mode=wrap)", "f32[3, 5, 4]"),
        example("pad(1, axis=0, value=3)", "i32[3, 2]"),
    )

    width: Ends
    axis: Axes | None = None
    mode: Literal["constant", "edge", "reflect", "wrap"] = "constant"
    value: Number = 0.0

    def problems(self, *x: Tensor) -> Iterator[Problem]:
        wrong = (*numbers("pad", x[0]), *_which_axis("pad", self.axis, x[0]))
        yield from wrong
        if wrong:
            return
        if self.value and self.mode != "constant":
            what = f"mode={self.mode} takes no value"
            yield Problem("value", what, "mode=constant does")
        if x[0].dtype not in FLOATS and not self.value.is_integer():
            what = f"`value` of {x[0]} must be a whole number, got {self.value:g}"
            yield Problem("value", what)
        yield from self._too_wide(x[0])

    def _too_wide(self, x: Tensor) -> Iterator[Problem]:
        for axis in all_axes(self.axis, x):
            size = int(x.shape[axis])
            most = {"reflect": size - 1, "wrap": size}.get(self.mode)
            if most is not None and max(self.width) > most:
                what = f"axis {axis} of {x} has no {max(self.width)} places to {self.mode}"
                yield Problem("width", what, f"at most {most}, or mode=edge")

    def shape(self, *x: Tensor) -> Tensor:
        at = all_axes(self.axis, x[0])
        more = sum(self.width)
        sizes = (total(n, more) if a in at else n for a, n in enumerate(x[0].shape))
        return x[0].with_shape(*sizes, image=x[0].image)


class roll(Op):
    """The places of an axis moved on; those that leave it at the end come in at the front.

    - `shift`: by so many places; back where it is negative.
    - `axis`: the axis, which need not be named where there is one.
    """

    positional: ClassVar = ("shift",)
    onnx: ClassVar = ("Slice", "Concat")
    tflite: ClassVar = ("SLICE", "CONCATENATION")
    examples: ClassVar = (
        example("roll(1)", "f32[5]"),
        example("roll(-2, axis=1)", "f32[3, 5, 4]"),
    )

    shift: Whole
    axis: Axis | None = None

    def problems(self, *x: Tensor) -> Iterator[Problem]:
        yield from _which_axis("roll", self.axis, x[0])


def _which_axis(kind: str, axis: int | tuple[int, ...] | None, x: Tensor) -> Iterator[Problem]:
    """An axis that exists, and is named where there are several."""
    if x.rank == 0:
        yield Problem(None, f"{kind} needs at least one axis, got {x}")
    elif axis is None and x.rank > 1:
        what = f"{kind} needs axis= for an input of {x.rank} axes, such as {x}"
        yield Problem("axis", what, "axis=0 is the first, axis=-1 the last")
    elif isinstance(axis, tuple):
        yield from axes_exist("axis", axis, x)
    else:
        yield from axis_exists("axis", axis or 0, x)
