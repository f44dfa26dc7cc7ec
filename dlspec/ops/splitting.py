"""One tensor as several."""

from collections.abc import Iterator
from typing import Annotated, Any, ClassVar

from pydantic import PlainValidator

from dlspec.declared import Problem
from dlspec.expr import Const, Size, Term, fixed, origin, with_origin
from dlspec.length import quotient
from dlspec.ops.base import Op, example
from dlspec.ops.fields import AS_IT_IS, Axis, at_least
from dlspec.ops.rules import axis_exists, last_axis_is_meant
from dlspec.tensor import Tensor


def _parts(value: Any) -> int | tuple[int, ...]:
    if isinstance(value, (tuple, list)):
        if len(value) < 2:
            raise ValueError("must be a number of parts, or at least two sizes")
        return tuple(at_least(1, v) for v in value)
    return at_least(2, value)


Parts = Annotated[int | tuple[int, ...], PlainValidator(_parts), AS_IT_IS]


class Split(Op):
    """Parts of one axis, the last one if none is named: `q, k, v = x -> Dense(3 * d) -> Split(3)`.

    - `parts`: how many equal parts, or their sizes: `Split((2, 3))`.
    - `axis`: the axis that is cut.
    """

    positional: ClassVar = ("parts",)
    on_last_axis: ClassVar = True
    onnx: ClassVar = ("Split",)
    tflite: ClassVar = ("SPLIT", "SPLIT_V")
    examples: ClassVar = (
        example("Split(3)", "f32[4, 6]"),
        example("Split((2, 3))", "i32[5]"),
        example("Split(2, axis=0)", "f32[4, 3, 5]"),
    )

    parts: Parts
    axis: Axis | None = None

    @property
    def place(self) -> int:
        return -1 if self.axis is None else self.axis

    @property
    def count(self) -> int:
        return len(self.parts) if isinstance(self.parts, tuple) else int(self.parts)

    def problems(self, *x: Tensor) -> Iterator[Problem]:
        if x[0].rank == 0:
            yield Problem(None, f"Split needs at least one axis, got {x[0]}")
            return
        wrong = (
            *axis_exists("axis", self.place, x[0]),
            *last_axis_is_meant("Split", self.axis, x[0]),
        )
        yield from wrong
        if wrong:
            return
        size = x[0].shape[self.place]
        if isinstance(self.parts, tuple):
            if sum(self.parts) != size:
                what = f"the parts are {sum(self.parts)} together, and the axis of {x[0]} {size}"
                yield Problem("parts", what)
        elif quotient(size, self.parts) is None:
            what = f"the axis of {x[0]} has {size} places, which do not make {self.count} parts"
            yield Problem("parts", what, "sizes of their own are listed: Split((2, 3))")

    def shape(self, *x: Tensor) -> tuple[Tensor, ...]:
        at = self.place % x[0].rank
        found = []
        for i in range(self.count):
            size = self._size(i, x[0].shape[at])
            sizes = (*x[0].shape[:at], size, *x[0].shape[at + 1 :])
            found.append(x[0].with_shape(*sizes, image=x[0].image))
        return tuple(found)

    def _size(self, i: int, whole: int) -> int:
        """A part's size: of `3 * d` in 3 parts, `d`."""
        if isinstance(self.parts, tuple):
            return self.parts[i]
        if not fixed(whole):
            return with_origin(quotient(whole, self.parts) or 0, None)
        size = int(whole) // int(self.parts)
        match origin(whole):
            case Term("*", (Const(n), rest)) | Term("*", (rest, Const(n))) if n == self.parts:
                return Size(size, rest)
            case None:
                return size
            case e:
                return Size(size, Term("//", (e, Const(self.count))))
