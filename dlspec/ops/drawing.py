"""What draws of random numbers have in common, and numbers for each example."""

from collections.abc import Iterator
from typing import Annotated, Any, ClassVar

from pydantic import BeforeValidator

from dlspec.declared import Problem
from dlspec.ops.base import Op, Refusal
from dlspec.ops.fields import AS_IT_IS, Count
from dlspec.ops.rules import floats
from dlspec.tensor import DType, Tensor

REASON = "the numbers that it draws are no part of the model"
REFUSALS = tuple(
    Refusal(
        format,
        "outside training",
        REASON,
        lambda op, x: True,
        "draw in training only: `mu + draw if training else mu`",
    )
    for format in ("onnx", "tflite")
)


def _sizes(value: Any) -> tuple[int, ...]:
    """A shape, or one size."""
    return tuple(value) if isinstance(value, list | tuple) else (value,)


class Draw(Op):
    """Random numbers."""

    refusals: ClassVar = REFUSALS

    @property
    def draws(self) -> bool:
        return True


class OfExamples(Op):
    """Made for each example. The input tells how many there are, and where they are kept."""

    inputs: ClassVar = (0, 1)
    dtype: ClassVar[DType] = "f32"

    def shape(self, *x: Tensor) -> Tensor:
        return Tensor(self.dtype, ())


class ForEach(OfExamples):
    """Numbers for each example, of a shape that is written."""

    shape_: Annotated[tuple[Count, ...], BeforeValidator(_sizes), AS_IT_IS] = ()

    def shape(self, *x: Tensor) -> Tensor:
        return Tensor(self.dtype, self.shape_)


class Like(Draw):
    """Numbers of the shape of a tensor."""

    def problems(self, *x: Tensor) -> Iterator[Problem]:
        yield from floats(self.kind(), x[0])
