"""What pooling by windows shares."""

from collections.abc import Iterator
from typing import Annotated, Any, ClassVar

from pydantic import PlainValidator

from dlspec.declared import Problem, Words
from dlspec.ops.fields import AS_IT_IS, Flag, PerAxis
from dlspec.ops.rules import fixed_sizes
from dlspec.ops.window import Pads, Windowed
from dlspec.tensor import Tensor

PARTS = ("values", "places")


def _parts(value: Any) -> str | tuple[str, ...]:
    parts = tuple(value) if isinstance(value, (tuple, list)) else (value,)
    if not parts or any(p not in PARTS for p in parts) or len(set(parts)) < len(parts):
        raise ValueError("must be values, places, or (values, places)")
    return value if isinstance(value, str) else parts


Parts = Annotated[str | tuple[str, ...], PlainValidator(_parts), AS_IT_IS, Words(PARTS)]
"""What a greatest element is asked for: its value, its place, or both."""


class Pool(Windowed):
    """A window over each channel, without weights."""

    positional: ClassVar = ("kernel",)

    stride: PerAxis | None = None
    ceil_mode: Flag = False

    def overhangs(self, x: Tensor) -> tuple[int, ...]:
        """How far the last window of each axis reaches over the end, with `ceil_mode`: as far as it
        must for no place to be left out."""
        return tuple(
            _overhang(int(n), before, after, span, int(stride)) if self.ceil_mode else 0
            for n, (before, after), span, stride in zip(
                x.shape[1:], super().pads(x), self.spans, self.strides, strict=True
            )
        )

    def pads(self, x: Tensor) -> Pads:
        given = zip(super().pads(x), self.overhangs(x), strict=True)
        return tuple((before, after + over) for (before, after), over in given)

    def misfits(self, x: Tensor) -> Iterator[Problem]:
        found = tuple(super().misfits(x))
        if self.ceil_mode or self.places == 3 or max(self.dilations) > 1:
            found += tuple(fixed_sizes(self.kind(), x))
        yield from found
        if found:
            return
        sizes = zip(self.spans, self.dilations, super().pads(x), x.shape[1:], strict=True)
        for axis, (span, apart, pads, n) in enumerate(sizes, start=1):
            if max(pads) >= span:
                what = f"padding of {max(pads)} leaves windows of {int(span)} empty"
                yield Problem("padding", what, f"at most {int(span) - 1} at each end")
                return
            if any(pads) and apart > n:
                what = (
                    f"places {int(apart)} apart may all lie in the padding of axis {axis} of {x}, "
                    f"which has {int(n)}"
                )
                yield Problem("dilation", what, f"at most {int(n)}, or no padding")
                return

    def shape(self, *x: Tensor) -> Tensor | tuple[Tensor, ...]:
        return x[0].with_shape(x[0].shape[0], *self.slid(x[0]), image=True)


def _overhang(n: int, before: int, after: int, span: int, stride: int) -> int:
    """What a window more has beyond the end: there is one where places are left over, unless it
    would begin beyond the end itself."""
    padded = n + before + after
    steps, left = divmod(padded - span, stride)
    start = (steps + 1) * stride
    return start + span - padded if left and start < n + before else 0
