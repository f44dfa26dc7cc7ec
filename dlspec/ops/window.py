"""Sliding windows: what convolution and pooling share."""

from collections.abc import Iterator, Mapping
from typing import Annotated, Any, ClassVar

from pydantic import PlainValidator, field_validator

from dlspec import ops
from dlspec.declared import Problem, Words
from dlspec.expr import fixed
from dlspec.ops.base import Op
from dlspec.ops.fields import PerAxis, at_least
from dlspec.ops.rules import floats
from dlspec.tensor import Tensor

Pads = tuple[tuple[int, int], ...]
"""For each place axis, how much is put before and after."""


def _padding(value: Any) -> Any:
    if isinstance(value, str):
        if value not in ("valid", "same", "causal"):
            raise ValueError("must be valid, same, a number, or a tuple of numbers")
        return value
    if isinstance(value, (tuple, list)):
        return tuple(_padding(v) for v in value)
    return at_least(0, value)


Padding = Annotated[Any, PlainValidator(_padding), Words(("valid", "same"))]

PLACES = {1: ("length",), 2: ("height", "width"), 3: ("depth", "height", "width")}
"""What the axes behind the channels are called, by their number."""


def layout(places: int) -> str:
    """What an op of so many place axes takes: `[channels, height, width]`."""
    return f"[{', '.join(('channels', *PLACES[places]))}]"


def each_place(places: int) -> str:
    """How one number for each place axis is written: `(height, width)`."""
    return f"({', '.join(PLACES[places])})"


def one_each(places: int, value: Any) -> Any:
    """A number, or as many as there are place axes."""
    if isinstance(value, tuple) and len(value) != places:
        forms = "" if places == 1 else f", or {each_place(places)}"
        raise ValueError(f"must be one number{forms}")
    return value


def ends_of(places: int, value: Any, others: str = "one number") -> Any:
    """A number for all ends, or for each place axis a number or (before, after)."""
    if not isinstance(value, tuple):
        return value
    axes = (value,) if places == 1 else value
    fits = len(axes) == places and all(
        isinstance(p, int)
        or (isinstance(p, tuple) and len(p) == 2 and all(isinstance(n, int) for n in p))
        for p in axes
    )
    if not fits:
        forms = "(before, after)"
        if places > 1:
            forms = f"{each_place(places)}, each a number or {forms}"
        raise ValueError(f"must be {others}, or {forms}")
    return value


def pairs(places: int, value: Any) -> Pads:
    """The same as (before, after) of each place axis."""
    if not isinstance(value, tuple):
        return ((value, value),) * places
    axes = (value,) if places == 1 else value
    return tuple(p if isinstance(p, tuple) else (p, p) for p in axes)


def other_rank(op: Op, places: int, x: Tensor) -> str:
    """What to do with an input of another number of axes than an op of so many place axes takes."""
    if x.rank == places:
        sizes = ", ".join(str(int(s)) for s in x.shape)
        return f"add the axis of channels first: Reshape(1, {sizes})"
    other = op.kind().replace(f"{places}D", f"{x.rank - 1}D")
    there = other != op.kind() and other in ops.names()
    return f"for {layout(x.rank - 1)} there is {other}" if there else ""


class Windowed(Op):
    """An op whose window slides over the axes behind the first, which holds the channels."""

    places: ClassVar[int]
    """The number of axes that the window slides over."""
    causal: ClassVar[bool] = False
    """Whether it takes `padding=causal`."""

    kernel: PerAxis
    padding: Padding = "valid"

    @field_validator("kernel", "stride", "dilation", "output_padding", check_fields=False)
    @classmethod
    def _one_for_each_axis(cls, value: Any) -> Any:
        return one_each(cls.places, value)

    @field_validator("padding")
    @classmethod
    def _pads_for_each_axis(cls, value: Any) -> Any:
        if value == "causal" and not cls.causal:
            raise ValueError("must be valid, same, a number, or a tuple of numbers")
        if not isinstance(value, tuple):
            return value
        return ends_of(cls.places, value, "valid, same, one number")

    @property
    def sizes(self) -> Mapping[str, int]:
        return {"in_channels": 0}

    @property
    def kernels(self) -> tuple[int, ...]:
        """The kernel's size on each place axis."""
        return self._each(self.kernel)

    @property
    def strides(self) -> tuple[int, ...]:
        """The stride on each place axis."""
        stride = getattr(self, "stride", None)
        return self._each(self.kernel if stride is None else stride)

    @property
    def dilations(self) -> tuple[int, ...]:
        """The dilation on each place axis."""
        return self._each(getattr(self, "dilation", 1))

    @property
    def spans(self) -> tuple[int, ...]:
        """The places that a window covers on each axis, with its dilation."""
        return tuple((k - 1) * d + 1 for k, d in zip(self.kernels, self.dilations, strict=True))

    def _each(self, value: int | tuple[int, ...]) -> tuple[int, ...]:
        return value if isinstance(value, tuple) else (value,) * self.places

    def pads(self, x: Tensor) -> Pads:
        """The explicit padding (before, after) of each place axis, for this input.

        `same` gives ceil(n / stride) places, with the surplus at the end; `causal` puts all of it
        before, so that no place sees a later one.
        """
        if self.padding == "causal":
            return tuple((s - 1, 0) for s in self.spans)
        if self.padding == "same":
            return tuple(
                _same(int(n), span, stride)
                for n, span, stride in zip(x.shape[1:], self.spans, self.strides, strict=True)
            )
        if self.padding == "valid":
            return ((0, 0),) * self.places
        return pairs(self.places, self.padding)

    def slid(self, x: Tensor) -> tuple[int, ...]:
        """The size of each place axis of the output. An axis that every stride-1 window keeps
        passes on its size as it is."""
        sizes = zip(x.shape[1:], self.pads(x), self.spans, self.strides, strict=True)
        return tuple(
            n
            if stride == 1 and before + after == span - 1
            else (n + (before + after - span)) // int(stride) + 1
            for n, (before, after), span, stride in sizes
        )

    def problems(self, *x: Tensor) -> Iterator[Problem]:
        kind = self.kind()
        yield from floats(kind, x[0])
        if x[0].rank != self.places + 1:
            what = f"{kind} needs {layout(self.places)}, got {x[0]}"
            yield Problem(None, what, other_rank(self, self.places, x[0]))
        else:
            yield from self.misfits(x[0])

    def misfits(self, x: Tensor) -> Iterator[Problem]:
        """What does not fit the sizes of this input, which has the right number of axes."""
        for n, stride, span in zip(x.shape[1:], self.strides, self.spans, strict=True):
            if self.padding == "same" and stride > 1 and not fixed(n):
                what = f"how much `same` puts before {x} would depend on {n}, with a stride"
                yield Problem("padding", what, f"padding={span // 2} is the same for every row")
                return
        padded = [int(n) + a + b for n, (a, b) in zip(x.shape[1:], self.pads(x), strict=True)]
        for axis, (n, span) in enumerate(zip(padded, self.spans, strict=True), start=1):
            if span > n:
                wide = (
                    f"a window of {span}" if self.spans != self.kernels else f"a kernel of {span}"
                )
                yield Problem(
                    "kernel",
                    f"{wide} does not fit axis {axis} of {x}, which has {n} places with padding",
                    "padding=same, a smaller kernel, or fewer strides before it",
                )
                return


def _same(n: int, span: int, stride: int) -> tuple[int, int]:
    surplus = max((-(-n // stride) - 1) * stride + span - n, 0)
    return surplus // 2, surplus - surplus // 2
