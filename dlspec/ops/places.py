"""What ops share that take the places of each channel, however many there are."""

from collections.abc import Iterator
from typing import Any, ClassVar

from pydantic import field_validator

from dlspec.declared import Problem
from dlspec.ops.base import Op
from dlspec.ops.fields import Flag, PerAxis
from dlspec.ops.rules import fixed_sizes, floats
from dlspec.ops.window import Pads, layout, one_each, other_rank, pairs
from dlspec.tensor import Tensor


class OfPlaces(Op):
    """Works on the places of each channel, of whatever size."""

    places: ClassVar[int]

    @property
    def any_size(self) -> bool:
        """Whether a size may differ from batch to batch."""
        return False

    def problems(self, *x: Tensor) -> Iterator[Problem]:
        yield from floats(self.kind(), x[0])
        if x[0].rank != self.places + 1:
            what = f"{self.kind()} needs {layout(self.places)}, got {x[0]}"
            yield Problem(None, what, other_rank(self, self.places, x[0]))
        elif not self.any_size:
            yield from fixed_sizes(self.kind(), x[0])


class Adaptive(OfPlaces):
    """Windows as many as are asked for, over each channel."""

    positional: ClassVar = ("size",)

    size: PerAxis

    @field_validator("size")
    @classmethod
    def _one_for_each_axis(cls, value: Any) -> Any:
        return one_each(cls.places, value)

    @property
    def counts(self) -> tuple[int, ...]:
        """How many windows each place axis has."""
        return self.size if isinstance(self.size, tuple) else (self.size,) * self.places

    def even(self, x: Tensor) -> tuple[int, ...] | None:
        """The size of the windows, where each count divides its axis: then they do not overlap."""
        pairs = tuple(zip(x.shape[1:], self.counts, strict=True))
        if any(n % count for n, count in pairs):
            return None
        return tuple(int(n) // int(count) for n, count in pairs)

    def shape(self, *x: Tensor) -> Tensor:
        return x[0].with_shape(x[0].shape[0], *self.counts, image=True)


class GlobalPool(OfPlaces):
    """One number for each channel."""

    keepdims: Flag = False

    @property
    def any_size(self) -> bool:
        return True

    def shape(self, *x: Tensor) -> Tensor:
        kept = (1,) * self.places if self.keepdims else ()
        return x[0].with_shape(x[0].shape[0], *kept, image=self.keepdims)


class Bordered(OfPlaces):
    """Adds or takes places at the ends of the place axes; the channels stay."""

    def pads(self, x: Tensor) -> Pads:
        """How many places at both ends of each place axis."""
        return pairs(self.places, self.given)

    @property
    def given(self) -> Any:
        """The argument that says how many."""
        raise NotImplementedError
