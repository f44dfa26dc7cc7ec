"""The layout pass: equal numbers, permutations only on borders, one decision for each class."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

from dlspec.ir import model as ir
from dlspec.passes.batch import batched
from dlspec.passes.layout import channels_last
from dlspec.pipeline import check
from dlspec.source import Source

sys.path[:0] = [str(Path(__file__).parent)]

from interpreter import Interpreter  # noqa: E402

# name: spec, the number of permutations in one run, the inputs that come channels-last
CASES = {
    "flatten, norm, dense": (
        """model M { input image: f32[3, 8, 9]
          output y = image -> Conv2D(4, 3) -> ReLU -> Flatten -> BatchNorm -> Dense(5) }""",
        1,
        ["image"],
    ),
    "flatten, concat": (
        """model M { input image: f32[3, 8, 9]; input age: f32[2]
          x = image -> Conv2D(4, 3) -> MaxPool2D(2)
          output y = (x -> Flatten, age) -> Concat -> Dense(5) }""",
        1,
        ["image"],
    ),
    "two paths added": (
        """model M { input image: f32[3, 8, 9]
          a = image -> Conv2D(4, 3)
          b = image -> Conv2D(4, 3, padding=same) -> MaxPool2D(3, stride=1) -> ReLU
          output y = a + b -> GlobalAvgPool2D -> Dense(2) }""",
        0,
        ["image"],
    ),
    "channels joined, softmax over them": (
        """model M { input image: f32[3, 8, 9]
          a = image -> Conv2D(4, 3); b = image -> Conv2D(2, 3)
          output y = (a, b, a) -> Concat(axis=0) -> Softmax(axis=0) -> Conv2D(3, 1) }""",
        1,
        ["image"],
    ),
    "rows joined, norms along all axes": (
        """model M { input image: f32[3, 8, 9]
          a = image -> Conv2D(4, 3)
          b = (a, a) -> Concat(axis=1) -> LayerNorm(axis=(1, 2)) -> LayerNorm(axis=0)
          output y = b -> Conv2D(2, 2) -> sum(axis=1) }""",
        1,
        ["image"],
    ),
    "image to tokens to image": (
        """model M { input image: f32[3, 8, 9]
          x = image -> Conv2D(6, 3)
          t = x -> Reshape(6, 42) -> LayerNorm -> Dense(42)
          output y = (t -> Reshape(6, 6, 7)) + x -> Conv2D(2, 1) }""",
        3,
        ["image"],
    ),
    "image to tokens to image, by name": (
        """model M { input image: f32[3, 8, 9]
          x = image -> Conv2D(6, 3)
          t = x -> Rearrange([C, H, W] -> [H*W, C]) -> LayerNorm -> Dense(6)
          output y = (t -> Rearrange([H*W, C] -> [C, H, W], H=6)) + x -> Conv2D(2, 1) }""",
        1,
        ["image"],
    ),
    "axes by name between two regions": (
        """block Windows(p: int) { input x: f32[C, H, W]
          t = x -> Rearrange([C, h*p, w*q] -> [h*w, p*q, C], p=p, q=2) -> Dense(C) -> ReLU
          output t -> Rearrange([h*w, p*q, C] -> [C, h*p, w*q], h=H // p, p=p) }
        model M { input image: f32[3, 7, 9]
          x = image -> Conv2D(6, 2) -> Windows(3) -> Conv2D(4, 3) -> Windows(2)
          output y = x -> Rearrange([C, H, W] -> [H, W, C])
          output z = x -> Rearrange([C, H, 1*W] -> [W*H*C]) -> Dense(3) }""",
        0,
        ["image"],
    ),
    "places and slices of an image, new axes": (
        """model M { input image: f32[3, 8, 9]
          x = image -> Conv2D(6, 3)
          s = x -> GlobalAvgPool2D -> Dense(6) -> Sigmoid
          x = x[:4, 1:] * s[2:, none, none] -> Conv2D(4, 2)
          output a = x[1]
          output b = x[:, 1:, 0] -> Conv1D(2, 2) -> Flatten
          output c = x[:, none, -1] -> Conv2D(3, (1, 2)) -> GlobalMaxPool2D }""",
        1,
        ["image"],
    ),
    "an index that puts a new axis first": (
        """model M { input image: f32[3, 8, 9]
          x = image -> Conv2D(6, 3)
          output y = x[none, 0] -> Conv2D(2, 3) -> GlobalAvgPool2D
          output z = x[:, 0, 0][none] + x[:, -1, -1][none] }""",
        2,
        ["image"],
    ),
    "an input that is read outside a region too": (
        """model M { input image: f32[3, 8, 9]
          output y = image -> Conv2D(4, 3) -> GlobalMaxPool2D
          output z = image -> Flatten -> Dense(3) }""",
        1,
        [],
    ),
    "a gate of single places": (
        """block Gate(r: int) { input x: f32[C, H, W]
          s = x -> GlobalAvgPool2D -> Dense(r) -> ReLU -> Dense(C) -> Sigmoid -> Reshape(C, 1, 1)
          output x * s }
        model M { input image: f32[3, 8, 9]
          output y = image -> Conv2D(6, 3) -> Gate(2) -> Conv2D(4, 3) -> Gate(3) -> Flatten }""",
        1,
        ["image"],
    ),
    "functions join the regions of their uses": (
        """fn swish(x: f32[...], b: float = 1.0) = x * Sigmoided(x * b)
        fn Sigmoided(x: f32[...]) = x -> sigmoid
        fn centred(x: f32[C, H, W], s: f32[C]) = (x - mean(x)) * s[:, none, none]
        model M { input image: f32[3, 8, 9]
          x = image -> Conv2D(6, 3) -> swish -> Conv2D(4, 3) -> swish(0.5)
          x = centred(x, x -> GlobalAvgPool2D -> swish)
          output y = x -> Conv2D(2, 1) -> GlobalMaxPool2D -> Dense(2) -> swish }""",
        0,
        ["image"],
    ),
    "a function that mixes axes works in logical order": (
        """fn tokens(x: f32[C, H, W], n: int) {
          t = x -> Reshape(n, C * H * W // n)
          output t * 2
          output mean(x, axis=(1, 2))
        }
        model M { input image: f32[3, 8, 9]
          x = image -> Conv2D(6, 3)
          a, b = tokens(x, n=7)
          output y = a
          output z = b }""",
        1,
        ["image"],
    ),
    "one channel needs no permutation": (
        """model M { input image: f32[1, 8, 9]
          output y = image -> Flatten -> Dense(3)
          output z = image -> Conv2D(1, 3) -> Flatten -> Dense(3) }""",
        0,
        ["image"],
    ),
    "a perceptron on an image stays as it is": (
        """model M { input image: f32[3, 4, 5]
          output y = image -> ReLU -> Flatten -> Dense(3) }""",
        0,
        [],
    ),
    "a wire in a loop": (
        """model M { input image: f32[2, 8, 9]
          x = image
          for i in range(3) { x = x -> Conv2D(i + 3, 2) -> ReLU }
          output y = x -> Flatten -> Dense(2) }""",
        1,
        ["image"],
    ),
    "a dense map of channels": (
        """model M { input image: f32[3, 8, 9]
          x = image -> Conv2D(4, 3) -> Dense(5, axis=0) -> ReLU
          output y = x -> Conv2D(2, 3) -> Flatten }""",
        1,
        ["image"],
    ),
    "a mean over channels": (
        """model M { input image: f32[3, 8, 9]
          output y = image -> Conv2D(4, 3) -> mean(axis=0) -> Dense(2) }""",
        0,
        ["image"],
    ),
    "sequences stay as they are": (
        """model M { input x: f32[7, 4]
          output y = x -> Dense(6) -> LayerNorm -> ReLU -> Flatten -> Dense(2) }""",
        0,
        [],
    ),
    "a repeat whose body mixes axes": (
        """block Mix { input x: f32[C, H, W]
          t = x -> Reshape(C, H * W) -> Dense(H * W) -> Reshape(C, H, W)
          output x + t -> Conv2D(C, 3, padding=1) }
        model M { input image: f32[3, 4, 5]
          output y = image -> Mix * 3 -> GlobalAvgPool2D }""",
        6,
        ["image"],
    ),
    "weights that are common to all examples": (
        """block Shift { input x: f32[C, H, W]; let by = Parameter(f32[C, H, 1], init=zeros)
          let cls = Parameter(f32[1, W], init=zeros)
          output (x + by -> Conv2D(C, 1)) + cls[none] }
        model M { input image: f32[3, 8, 9]
          let pos = Parameter(f32[5, 6, 7], init=zeros)
          let cls = Parameter(f32[1, 4], init=zeros)
          x = image -> Conv2D(5, 3) -> Shift -> Shift
          output y = x * pos -> GlobalAvgPool2D
          output z = pos
          output w = (cls, x -> Rearrange([C, H, W] -> [H*W, C]) -> Dense(4)) -> Concat(axis=0)
          output v = (pos, x) -> Concat(axis=0) -> GlobalMaxPool2D }""",
        6,
        ["image"],
    ),
}


def built(text: str) -> ir.ModelIR:
    found = check(Source("spec.dls", text))
    assert found.program is not None, [d.title for d in found.diagnostics]
    return batched(found.program.models["M"])


@pytest.mark.parametrize("name", CASES)
def test_the_numbers_stay(name):
    text, permutes, last = CASES[name]
    model = built(text)
    laid = channels_last(model)
    rng = np.random.default_rng(0)
    inputs = {n: rng.normal(size=(2, *map(int, t.shape))) for n, t in model.root.inputs}
    plain = Interpreter(model, laid_out=False)
    expected = plain.run(**inputs)
    run = Interpreter(laid, laid_out=True, weights=plain.weights)
    for key, value in run.run(**inputs).items():
        np.testing.assert_allclose(value, expected[key], rtol=1e-9, atol=1e-12)
    assert run.permutes == permutes
    assert [n for n, t in laid.root.inputs if t.last] == last


def test_instances_of_a_block_share_their_borders():
    text = """
    block Head(n: int) { input x: f32[C, H, W]; output x -> ReLU -> Flatten -> Dense(n) }
    block Body(c: int) { input x: f32[C, H, W]; output x -> Conv2D(c, 3) -> ReLU }
    model M { input image: f32[3, 9, 8]
      x = image -> Body(4); z = x -> Body(5)
      output a = x -> Head(2); output b = z -> Head(3); output c = image -> Body(6) -> Head(2) }"""
    laid = channels_last(built(text))
    for block in ("Head", "Body"):
        same = [i for i in laid.instances if i.definition == block]
        assert len({tuple(t.last for _, t in i.inputs) for i in same}) == 1
        assert len({tuple(t.last for _, t in i.outputs) for i in same}) == 1


def test_the_same_line_is_permuted_in_every_instance_and_round():
    laid = channels_last(built(CASES["a repeat whose body mixes axes"][0]))
    sites = []
    for instance in laid.instances:
        if instance.definition == "Mix":
            found = [f for s in ir.statements(instance.body) for f in ir.flows(s.value)]
            sites.append([f.site for f in found if isinstance(f, ir.Apply)])
    assert len({tuple(s) for s in sites}) == 1


def test_types_stay_logical():
    model = built(CASES["channels joined, softmax over them"][0])
    laid = channels_last(model)
    before = {layer.name: layer.apply.types for layer in ir.layers(model)}
    after = {layer.name: layer.apply.types for layer in ir.layers(laid)}
    for name, types in before.items():
        assert [t.shape for t in types] == [t.shape for t in after[name]]
