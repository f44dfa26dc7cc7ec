"""`B`, the number of examples in a batch: a dynamic size that no input names."""

from typing import ClassVar

from dlspec.expr import Ref
from dlspec.length import Dynamic, dynamic
from dlspec.ops.base import Op, Refusal

SIZE = "B"
MOST = 65_536
"""The examples that a batch is taken to have at most: costs and rules of shapes ask for a bound."""

REFUSALS = tuple(
    Refusal(
        format,
        "an output behind it",
        "an output of a file belongs to one example, whatever stands beside it",
        lambda op, x: True,
        "let losses and `penalty` read it, and no output",
    )
    for format in ("onnx", "tflite")
)


def count() -> Dynamic:
    return dynamic(SIZE, MOST, Ref(SIZE))


class OfBatch(Op):
    """Read in training alone."""

    refusals: ClassVar = REFUSALS
