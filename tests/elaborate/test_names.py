"""Names of weights, as the language reference gives them."""

from __future__ import annotations

import pytest
from build import layer_names, model

CASES = {
    "the kind in snake case, later ones numbered": (
        "x = image -> Conv2D(4, 3) -> BatchNorm -> Conv2D(4, 3)\nx = x -> BatchNorm\noutput x",
        ["conv2d", "batch_norm", "conv2d_2", "batch_norm_2"],
    ),
    "as names the stage before it": (
        "x = image -> Conv2D(4, 3) as stem -> Conv2D(4, 3)\nx = x\noutput x",
        ["stem", "conv2d"],
    ),
    "a wire written once names the only layer with weights": (
        "features = image -> Conv2D(4, 3) -> ReLU\noutput logits = features -> Flatten -> Dense(2)",
        ["features", "logits"],
    ),
    "a wire written twice names nothing": (
        "x = image -> Conv2D(4, 3)\nx = x -> Conv2D(4, 3)\noutput x",
        ["conv2d", "conv2d_2"],
    ),
    "an input counts as a writing": (
        "image = image -> Conv2D(4, 3)\noutput y = image",
        ["conv2d"],
    ),
    "let names an instance, whose weights are shared": (
        "let f = Conv2D(3, 3, padding=same)\noutput image -> f -> f",
        ["f"],
    ),
    "a weight of the block's own has the name that let gives, and nothing behind it": (
        "let conv2d = Parameter(f32[3, 1, 1], init=ones)\nlet idle = Parameter(f32[3], init=ones)\n"
        "let drawn = Buffer(f32[3, 1, 1], init=normal(std=1))\nlet written = Buffer([0.5])\n"
        "x = image * conv2d + drawn * written[0] -> Conv2D(3, 1)\nx = x * conv2d\noutput x",
        ["conv2d", "drawn", "conv2d_2"],
    ),
    "a repeat makes a list": (
        "x = image -> Conv2D(3, 3) * 2\nx = x -> Conv2D(3, 3)\noutput x",
        ["conv2ds.0", "conv2ds.1", "conv2d"],
    ),
    "an unnamed repeat of a chain is stages": (
        "x = image -> (Conv2D(3, 3) -> BatchNorm) * 2\nx = x\noutput x",
        ["stages.0.conv2d", "stages.0.batch_norm", "stages.1.conv2d", "stages.1.batch_norm"],
    ),
    "parentheses with as open a scope": (
        "x = image -> (Conv2D(3, 3) -> BatchNorm) as down -> Conv2D(3, 1)\nx = x\noutput x",
        ["down.conv2d", "down.batch_norm", "conv2d"],
    ),
    "parentheses without a name open none": (
        "x = image -> (Conv2D(3, 3) -> BatchNorm) -> Conv2D(3, 1)\nx = x\noutput x",
        ["conv2d", "batch_norm", "conv2d_2"],
    ),
    "experts stand in a list, in order of execution in a loop": (
        "x = image -> Flatten -> Reshape(96, 8)\nbest, i = topk(x, 1)\n"
        "x = (x, index=i, gate=best) -> Experts(Dense(8), count=2)\n"
        "for n in range(2) { x = (x, index=i, gate=best) -> Experts(Dense(8), count=n + 1) }\n"
        "let mixed = Experts(LayerNorm -> Dense(8), count=1)\n"
        "x = (x, index=i, gate=best) -> mixed\noutput x",
        [
            *("experts.0", "experts.1", "experts_2.0", "experts_2.1", "experts_2.2"),
            *("mixed.0.layer_norm", "mixed.0.dense"),
        ],
    ),
    "one list for all uses of a kind in an outermost loop": (
        "x = image\nfor i in range(2) { x = x -> Conv2D(3, 3) -> Conv2D(3, 1) * 2 }\noutput x",
        [f"conv2ds.{i}" for i in range(6)],
    ),
    "each outermost loop has lists of its own": (
        "x = image\nfor i in range(2) { x = x -> Conv2D(3, 3) }\n"
        "for i in range(1) { x = x -> Conv2D(3, 3) }\noutput x",
        ["conv2ds.0", "conv2ds.1", "conv2ds_2.0"],
    ),
    "a named use in a loop makes a list of that name": (
        "x = image\nfor i in range(2) { x = x -> Conv2D(3, 3) as down }\noutput x",
        ["down.0", "down.1"],
    ),
    "a name that is given goes before one that is made": (
        "x = image -> Conv2D(3, 3) -> Conv2D(3, 1) as conv2d\nx = x\noutput x",
        ["conv2d_2", "conv2d"],
    ),
    "a branch that is not taken keeps its names": (
        "x = image\nif false { x = x -> Conv2D(3, 3) }\nx = x -> Conv2D(3, 1)\noutput x",
        ["conv2d_2"],
    ),
    "reserved names get an underscore": (
        "let half = Conv2D(3, 3)\nx = image -> half -> Conv2D(3, 3) as layers\nx = x\noutput x",
        ["half_", "layers_"],
    ),
    "a repeat of nothing is the identity": (
        "x = image -> Conv2D(9, 3) * 0 -> Conv2D(3, 3)\nx = x\noutput x",
        ["conv2d"],
    ),
    "a block is named by its kind, its parts below it": (
        "x = image -> Pair(3) -> Pair(3)\nx = x\noutput x",
        ["pair.conv2d", "pair.act", "pair_2.conv2d", "pair_2.act"],
    ),
}

PAIR = "block Pair(c: int, act: layer = PReLU) = Conv2D(c, 3) -> act\n"


@pytest.mark.parametrize("case", CASES)
def test_names(case: str) -> None:
    body, expected = CASES[case]
    text = PAIR + "model M {\ninput image: f32[3, 16, 16]\n" + body + "\n}\n"
    assert layer_names(model(text)) == expected


@pytest.mark.parametrize("case", CASES)
def test_formatting_never_changes_a_name(case: str) -> None:
    body, expected = CASES[case]
    loose = body.replace(" -> ", "  # a comment\n      -> ").replace("\n", "\n\n")
    text = PAIR + "model M {\ninput image: f32[3, 16, 16]\n" + loose + "\n}\n"
    assert layer_names(model(text)) == expected
