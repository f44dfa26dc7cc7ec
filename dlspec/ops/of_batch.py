"""What a training computes of a whole batch: every example at once, and where each stands in it.

Neither reaches an export: what a file gives for an example depends on that example alone.
"""

from typing import ClassVar

from dlspec.ops.base import example
from dlspec.ops.batch_size import OfBatch, count
from dlspec.ops.drawing import OfExamples
from dlspec.tensor import DType, Tensor


class batch(OfBatch):
    """A tensor of every example, with an axis `B` in front, and common to all: in a loss, beside a
    tensor of one example, it compares that one with each. Of f32[8], it is f32[B, 8].

    The axis is as long as the batch, the last one of an epoch too. On several devices it is what
    one of them works on.
    """

    gives_common: ClassVar = True
    examples: ClassVar = (example("batch", "f32[8]"), example("batch", "bool[]"))

    def shape(self, *x: Tensor) -> Tensor:
        return Tensor(x[0].dtype, (count(), *x[0].shape), x[0].classes)


class row(OfBatch, OfExamples):
    """The place of each example in the batch, from 0: a class[B], of as many as there are."""

    dtype: ClassVar[DType] = "class"
    examples: ClassVar = (example("row()"),)

    def shape(self, *x: Tensor) -> Tensor:
        return Tensor(self.dtype, (), classes=count())
