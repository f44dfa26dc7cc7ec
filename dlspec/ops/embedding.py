"""Tables of vectors, looked up by number."""

from collections.abc import Iterator
from typing import ClassVar

from dlspec.declared import Problem
from dlspec.ops.base import Op, Weight, example
from dlspec.ops.fields import Count, Index
from dlspec.ops.init import Initial, normal
from dlspec.tensor import INTEGERS, Tensor


class Embedding(Op):
    """A table of vectors: each integer or class becomes its row of the table.

    `[...]` of integers becomes `[..., dim]`. A number that is not in 0 … count - 1 is an error at
    run time; a class with more values than rows is one here.

    - `count`: the number of rows.
    - `dim`: the length of a row.
    - `padding_id`: a row that stands for padding: it starts at zero and is not trained.
    - `init`: how the rows start: normal with std 0.02 (as BERT and GPT-2 have it), which also suits
      a head that is tied to the table; PyTorch has std 1, Keras uniform in ±0.05.

    Weights: `weight` [count, dim]. MACs: 0.
    """

    positional: ClassVar = ("count", "dim")
    onnx: ClassVar = ("Gather",)
    tflite: ClassVar = ("GATHER",)
    examples: ClassVar = (
        example("Embedding(11, 4)", "i32[6]"),
        example("Embedding(7, 3, padding_id=0)", "i64[5]"),
        example("Embedding(10, 5, padding_id=9, init=uniform(-0.1, 0.1))", "class[8]"),
        example("Embedding(9, 2)", "i32[3, 4]"),
    )

    count: Count
    dim: Count
    padding_id: Index | None = None
    init: Initial = normal(std=0.02)

    @classmethod
    def has_object(cls) -> bool:
        return True

    @classmethod
    def has_weights(cls) -> bool:
        return True

    def problems(self, *x: Tensor) -> Iterator[Problem]:
        if self.padding_id is not None and self.padding_id >= self.count:
            what = f"padding_id={int(self.padding_id)} is no row: there are {int(self.count)}"
            yield Problem("padding_id", what, f"0 to {int(self.count) - 1}")
        if x[0].dtype not in INTEGERS:
            what = f"Embedding looks up integers or classes, got {x[0]}"
            yield Problem(None, what, "numbers that are no ids go through Dense")
        elif (x[0].classes or 0) > self.count:
            what = f"{x[0]} has {x[0].classes} classes, and the table {int(self.count)} rows"
            yield Problem("count", what, f"Embedding({x[0].classes}, {int(self.dim)})")

    def shape(self, *x: Tensor) -> Tensor:
        return Tensor("f32", (*x[0].shape, self.dim))

    def weights(self, *x: Tensor) -> tuple[Weight, ...]:
        zero = None if self.padding_id is None else int(self.padding_id)
        return (Weight("weight", (self.count, self.dim), self.init, zero_row=zero),)
