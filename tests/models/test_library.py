"""`std.sequence`, `std.generative` and the stages of `std.vision`: counts that are published, and
what the papers' formulas give."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import dlspec

torch = pytest.importorskip("torch")
F = torch.nn.functional

UNET = """
from std.vision import DoubleConv, UNetDown, UNetUp
model M {
  input image: f32[3, 64, 64]
  x = image -> DoubleConv(64)
  skips = [x]
  for c in [128, 256, 512, 1024] {
    x = x -> UNetDown(c)
    skips = skips + [x]
  }
  for c, skip in reversed(zip([64, 128, 256, 512], skips[:-1])) { x = (x, skip=skip) -> UNetUp(c) }
  output logits = x -> Conv2D(21, 1)
}
"""
COUNTS = {
    "DCGAN's generator in PyTorch's examples": (
        "from std.generative import DCGANGenerator\n"
        "model M { input code: f32[100]; output y = code -> DCGANGenerator }",
        3_576_704,
    ),
    "its discriminator": (
        "from std.generative import DCGANDiscriminator\n"
        "model M { input x: f32[3, 64, 64]; output y = x -> DCGANDiscriminator }",
        2_765_568,
    ),
    "Kim's 100 filters of 3, 4 and 5 words of 300": (
        "from std.sequence import TextCNN\n"
        "model M { input x: f32[20, 300]; output y = x -> TextCNN(100) }",
        300 * 100 * (3 + 4 + 5) + 300,
    ),
    "U-Net with BatchNorm, 21 classes": (UNET, 31_038_933),
}


def build(folder: Path, text: str) -> Any:
    path = folder / "spec.dls"
    path.write_text(text, encoding="utf-8")
    return dlspec.load(path).build().eval()


def of(folder: Path, name: str, use: str, shape: str) -> tuple[Any, Any]:
    """A model of one part of the library on `x`, and that part, with weights that are not 0."""
    module = "generative" if name == "VectorQuantizer" else "sequence"
    text = f"from std.{module} import {name}\nmodel M {{ input x: {shape}; {use} }}"
    net = build(folder, text)
    for p in net.parameters():
        p.data.uniform_(-1, 1)
    (part,) = net.children()
    return net, part


@pytest.mark.parametrize("name", COUNTS)
def test_parameters_are_those_that_are_published(name: str, tmp_path: Path) -> None:
    text, count = COUNTS[name]
    assert sum(p.numel() for p in build(tmp_path, text).parameters()) == count


@pytest.mark.parametrize("use", ["TCN([3, 3, 4])", "WaveNetLayer(5, 4, dilation=4)"])
def test_a_causal_convolution_sees_so_far_back_and_nothing_ahead(use: str, tmp_path: Path) -> None:
    name, reach = use.partition("(")[0], {"T": 2 * 2 * 7, "W": 4}[use[0]]
    out = "output y = x -> " + use if name == "TCN" else f"a, y = x -> {use}; output a; output y"
    net, _ = of(tmp_path, name, out, "f32[3, 40]")
    x = torch.randn(1, 3, 40, requires_grad=True)
    y = net(x)
    (y if name == "TCN" else y["y"])[0, :, 33].sum().backward()
    seen = x.grad[0].abs().sum(0).nonzero()[:, 0].tolist()
    assert max(seen) == 33 and min(seen) >= 33 - reach
    assert name == "TCN" or seen == [29, 33]


def test_wavenet_gates_sums_and_skips(tmp_path: Path) -> None:
    use = "a, s = x -> WaveNetLayer(5, 4, dilation=2); output a; output s"
    net, part = of(tmp_path, "WaveNetLayer", use, "f32[3, 9]")
    x = torch.randn(2, 3, 9)
    y = F.conv1d(F.pad(x, (2, 0)), part.conv1d.weight, part.conv1d.bias, dilation=2)
    h = y[:, :5].tanh() * y[:, 5:].sigmoid()
    found = net(x)
    np.testing.assert_allclose(found["a"].detach(), (x + part.onward(h)).detach(), atol=1e-5)
    np.testing.assert_allclose(found["s"].detach(), part.skip(h).detach(), atol=1e-5)


def test_a_highway_begins_as_a_road_straight_on(tmp_path: Path) -> None:
    text = "from std.sequence import Highway\nmodel M { input x: f32[6]; output y = x -> Highway }"
    net = build(tmp_path, text)
    (part,) = net.children()
    x = torch.randn(4, 6)
    t = (x @ part.gate.weight.T - 1).sigmoid()
    expected = t * (x @ part.dense.weight.T).relu() + (1 - t) * x
    np.testing.assert_allclose(net(x).detach(), expected.detach(), atol=1e-6)


def test_additive_attention_and_pooling_are_the_papers(tmp_path: Path) -> None:
    use = "output y = (x[0], memory=x) -> AdditiveAttention(4)"
    net, part = of(tmp_path, "AdditiveAttention", use, "f32[7, 6]")
    x = torch.randn(2, 7, 6)
    h = (part.dense(x) + part.dense_2(x[:, :1])).tanh()
    weight = torch.softmax(h @ part.weight.weight[0], dim=1)
    expected = torch.einsum("bt,btd->bd", weight, x)
    np.testing.assert_allclose(net(x).detach(), expected.detach(), atol=1e-5)
    net, part = of(tmp_path, "AttentionPool", "output y = x -> AttentionPool(4)", "f32[7, 6]")
    weight = torch.softmax(part.dense(x).tanh() @ part.dense_2.weight[0], dim=1)
    expected = torch.einsum("bt,btd->bd", weight, x)
    np.testing.assert_allclose(net(x).detach(), expected.detach(), atol=1e-5)


def test_a_codebook_gives_the_nearest_and_lets_gradients_past(tmp_path: Path) -> None:
    use = "z, index = x -> VectorQuantizer(9); output z; output index"
    net, part = of(tmp_path, "VectorQuantizer", use, "f32[5, 6]")
    x = torch.randn(3, 5, 6, requires_grad=True)
    nearest = torch.cdist(x, part.book.expand(3, 9, 6)).argmin(2)
    net.train()
    found = net(x)
    assert torch.equal(found["index"].long(), nearest)
    np.testing.assert_allclose(found["z"].detach(), part.book[nearest].detach(), atol=1e-5)
    weight = torch.randn(3, 5, 6)
    (found["z"] * weight).sum().backward(retain_graph=True)
    assert torch.equal(x.grad, weight) and (part.book.grad is None or not part.book.grad.any())
    (penalty,) = part.losses
    far = ((x - part.book[nearest]) ** 2).mean()
    assert penalty.item() == pytest.approx(1.25 * far.item(), rel=1e-5)
