"""Layers the other way round, with the weights that they have: `words.transposed`.

Press and Wolf 2017 tie the head of a language model to its embedding.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar, Literal

from dlspec.declared import Problem
from dlspec.ops.base import Op, example
from dlspec.ops.fields import Count
from dlspec.ops.rules import floats, last_axis_is_meant
from dlspec.tensor import Tensor


class Transposed(Op):
    """What `words.transposed` stands for, where `let words = Embedding(count, dim)`.

    Of an Embedding it scores each row of the table: `[..., dim]` becomes `[..., count]`. Of a
    Dense it goes back from its outputs to as many numbers as it reads: `[..., units]` becomes
    `[..., n]`. Nothing is added to either. The weights are those of the layer: they count once, and
    stand in a checkpoint once.

    - `of`: the kind of the layer.
    - `reads`: the size of the last axis.
    - `gives`: its size in the output.

    MACs: reads · gives for each place.
    """

    positional: ClassVar = ("of", "reads", "gives")
    onnx: ClassVar = ("MatMul",)
    tflite: ClassVar = ("BATCH_MATMUL", "FULLY_CONNECTED")
    examples: ClassVar = (
        example("Transposed(Embedding, 4, 11)", "f32[6, 4]"),
        example("Transposed(Dense, 5, 7)", "f32[5]"),
        example("Transposed(Dense, 5, 3)", "f32[2, 3, 5]"),
    )

    of: Literal["Embedding", "Dense"]
    reads: Count
    gives: Count

    @classmethod
    def has_object(cls) -> bool:
        """It is that of the layer."""
        return True

    def problems(self, *x: Tensor) -> Iterator[Problem]:
        wrong = tuple(floats("a transposed layer", x[0]))
        yield from wrong
        if wrong:
            return
        if x[0].rank == 0 or x[0].shape[-1] != self.reads:
            last = f"a last axis of size {int(self.reads)}"
            yield Problem(None, f"a transposed {self.of} needs {last}, got {x[0]}")
        else:
            yield from last_axis_is_meant(f"a transposed {self.of}", None, x[0])

    def shape(self, *x: Tensor) -> Tensor:
        return x[0].with_shape(*x[0].shape[:-1], self.gives)

    def macs(self, *x: Tensor) -> int:
        return x[0].size * int(self.gives)
