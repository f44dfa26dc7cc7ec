"""Tables of vectors, looked up by number."""

from collections.abc import Iterator
from typing import ClassVar, Literal

from dlspec.declared import Problem
from dlspec.ops.base import Op, Weight, example
from dlspec.ops.fields import Count, Index
from dlspec.ops.init import Initial, normal
from dlspec.tensor import INTEGERS, Tensor


class _Table(Op):
    """A table with a row for each number."""

    positional: ClassVar = ("count", "dim")

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

    def problems(self, *x: Tensor, **named: Tensor) -> Iterator[Problem]:
        if self.padding_id is not None and self.padding_id >= self.count:
            what = f"padding_id={int(self.padding_id)} is no row: there are {int(self.count)}"
            yield Problem("padding_id", what, f"0 to {int(self.count) - 1}")
        kind = self.kind()
        if x[0].dtype not in INTEGERS:
            what = f"{kind} looks up integers or classes, got {x[0]}"
            yield Problem(None, what, "numbers that are no ids go through Dense")
        elif (x[0].classes or 0) > self.count:
            what = f"{x[0]} has {x[0].classes} classes, and the table {int(self.count)} rows"
            yield Problem("count", what, f"{kind}({x[0].classes}, {int(self.dim)})")

    def weights(self, *x: Tensor) -> tuple[Weight, ...]:
        zero = None if self.padding_id is None else int(self.padding_id)
        return (Weight("weight", (self.count, self.dim), self.init, zero_row=zero),)


class Embedding(_Table):
    """A table of vectors: each integer or class becomes its row of the table.

    `[...]` of integers becomes `[..., dim]`. A number that is not in 0 … count - 1 is an error at
    run time; a class with more values than rows is one here.

    - `count`: the number of rows.
    - `dim`: the length of a row.
    - `padding_id`: a row that stands for padding: it starts at zero and is not trained.
    - `init`: how the rows start: normal with std 0.02 (as BERT and GPT-2 have it), which also suits
      a head that is tied to the table; PyTorch has std 1, Keras uniform in ±0.05.

    PyTorch's `max_norm` is a constraint, `weights Embedding { constraint = max_norm(1) }`, which
    holds all rows to it after each update. Keras's `mask_zero` is a dynamic size, whose lengths
    reach every layer behind. Gradients are dense, and that of a row which is looked up twice is the
    sum: there is no `sparse` and no `scale_grad_by_freq`.

    Weights: `weight` [count, dim]. MACs: 0.
    """

    onnx: ClassVar = ("Gather",)
    tflite: ClassVar = ("GATHER",)
    examples: ClassVar = (
        example("Embedding(11, 4)", "i32[6]"),
        example("Embedding(7, 3, padding_id=0)", "i64[5]"),
        example("Embedding(10, 5, padding_id=9, init=uniform(-0.1, 0.1))", "class[8]"),
        example("Embedding(9, 2)", "i32[3, 4]"),
    )

    def shape(self, *x: Tensor) -> Tensor:
        return Tensor("f32", (*x[0].shape, self.dim))


class EmbeddingBag(_Table):
    """The rows of a table for a whole bag of numbers, brought together.

    `[..., n]` of integers or classes, a bag along the last axis, becomes `[..., dim]`: the mean of
    its rows, their sum, or the greatest of each column.

    - `count`: the number of rows.
    - `dim`: the length of a row.
    - `mode`: `mean`, `sum` or `max`.
    - `padding_id`: a number that stands for nothing: it counts in no bag, and its row is not
      trained. A bag of nothing else gives zeros.
    - `init`: how the rows start: normal with std 0.02, as those of Embedding.

    A further input `weight`, of the shape of the bags, scales each row of a sum.

    Weights: `weight` [count, dim]. MACs: 0.
    """

    named: ClassVar = ("weight",)
    onnx: ClassVar = ("Gather", "ReduceMean", "ReduceSum", "ReduceMax", "Where")
    tflite: ClassVar = (
        "GATHER",
        "MEAN",
        "SUM",
        "REDUCE_MAX",
        "NOT_EQUAL",
        "CAST",
        "GREATER",
        "SELECT_V2",
    )
    examples: ClassVar = (
        example("EmbeddingBag(11, 4)", "i32[6]"),
        example("EmbeddingBag(7, 3, mode=sum)", "i64[2, 5]"),
        example("EmbeddingBag(7, 3, mode=sum, padding_id=2)", "i32[5]", weight="f32[5]"),
        example("EmbeddingBag(10, 5, mode=max, init=uniform(-0.1, 0.1))", "class[8][4]"),
        example("EmbeddingBag(7, 2, padding_id=1)", "i32[3, 4]"),
        example("EmbeddingBag(7, 2, mode=max, padding_id=1)", "i32[4]"),
    )

    mode: Literal["mean", "sum", "max"] = "mean"

    def problems(self, *x: Tensor, **named: Tensor) -> Iterator[Problem]:
        yield from super().problems(*x)
        if x[0].rank == 0:
            what = f"EmbeddingBag needs a bag of numbers along the last axis, got {x[0]}"
            yield Problem(None, what, "Embedding looks up one")
        weight = named.get("weight")
        if weight is not None and self.mode != "sum":
            yield Problem("mode", f"`weight` scales the rows of a sum, and the mode is {self.mode}")
        elif weight is not None and (weight.dtype != "f32" or weight.shape != x[0].shape):
            wanted = Tensor("f32", x[0].shape)
            yield Problem("weight", f"`weight` must be {wanted}, got {weight}")

    def shape(self, *x: Tensor, **named: Tensor) -> Tensor:
        return Tensor("f32", (*x[0].shape[:-1], self.dim))
