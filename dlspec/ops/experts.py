"""Mixtures of experts."""

from collections.abc import Iterator
from typing import Annotated, ClassVar

from pydantic import PlainValidator

from dlspec.declared import Problem
from dlspec.expr import fixed, product
from dlspec.ops.base import Op, example
from dlspec.ops.fields import Count
from dlspec.ops.rules import floats
from dlspec.tensor import INTEGERS, Tensor

CALL = "(x, index=index, gate=gate) -> Experts(Dense(8), count=4)"


class Experts(Op):
    """Several of one layer with weights of their own, the experts, of which each token takes some:
    `(x, index=index, gate=gate) -> Experts(Dense(8), count=4)`.

    `index` [..., k] says for each token which k experts it goes to, and `gate` [..., k] how much
    each of them counts: what they make of the token is weighted by that, and summed. Where
    `index, gate` come from, the spec says, as in `scores, index = topk(x -> Dense(4), 2)`, `gate =
    softmax(scores)`. With fewer axes, an index is for all that lies behind them: [k] for a whole
    example. A number that is no expert counts 0. Shazeer et al. 2017; Fedus et al. 2021.

    - `layer`: an expert: a layer, block or chain, which is drawn anew for each of them.
    - `count`: how many experts there are.

    Further unnamed and named inputs go to each expert.

    Weights: those of the experts, in a list: `experts.0.weight`. MACs: those of all experts, which
    programs and files compute for every token, and one for each number and expert of the sum.
    """

    inputs: ClassVar = (1, None)
    positional: ClassVar = ("layer",)
    named: ClassVar = ("index", "gate")
    of_layers: ClassVar = ("layer",)
    onnx: ClassVar = ("Equal", "Cast", "Mul", "ReduceSum", "Concat")
    tflite: ClassVar = ("ONE_HOT", "MUL", "SUM", "PACK")
    examples: ClassVar = (
        example("Experts(Dense(3), count=4)", "f32[5, 3]", index="i32[5, 2]", gate="f32[5, 2]"),
        example("Experts(Dense(6), count=2)", "f32[6]", index="i32[1]", gate="f32[1]"),
        example(
            "Experts(Conv2D(2, 3, padding=same), count=3)",
            "f32[2, 5, 4]",
            index="i64[2]",
            gate="f32[2]",
        ),
    )

    layer: Annotated[str, PlainValidator(str)]
    count: Count

    def problems(self, *x: Tensor, **named: Tensor) -> Iterator[Problem]:
        """What does not fit what an expert makes."""
        yield from floats("what an expert of Experts makes", x[0])
        index, gate = named.get("index"), named.get("gate")
        if index is None or gate is None:
            lacks = "index" if index is None else "gate"
            what = f"Experts needs `{lacks}`, of the experts that each token goes to"
            yield Problem(lacks, what, CALL)
            return
        if index.dtype not in INTEGERS or index.rank == 0:
            what = f"`index` is integers, the k experts of each token on the last axis, got {index}"
            yield Problem("index", what, "scores, index = topk(logits, 2)")
            return
        if (index.classes or 0) > self.count:
            what = f"`index` has {index.classes} classes, and there are {int(self.count)} experts"
            yield Problem("count", what, f"count={index.classes}")
        if gate.dtype != x[0].dtype or gate.shape != index.shape:
            wanted = x[0].with_shape(*index.shape)
            what = f"`gate` is a number for each index, {wanted}, got {gate}"
            yield Problem("gate", what, "gate = softmax(scores), behind scores, index = topk(...)")
            return
        *tokens, k = index.shape
        if x[0].shape[: len(tokens)] != tuple(tokens):
            what = f"`index` is {index}, and an expert makes {x[0]} of its input"
            hint = "the axes before the last one of `index` are the first of what an expert makes"
            yield Problem("index", what, hint)
        elif fixed(k) and k > self.count:
            what = f"each token goes to {int(k)} of {int(self.count)} experts"
            yield Problem("count", what, "there are as many experts as choices, or more")

    def shape(self, *x: Tensor, **named: Tensor) -> Tensor:
        return x[0]

    def macs(self, *x: Tensor) -> int:
        return int(product(self.count, *x[0].shape))
