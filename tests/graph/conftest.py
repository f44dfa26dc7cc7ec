"""Graphs of specs."""

from collections.abc import Callable
from pathlib import Path

import pytest

from dlspec.graph.build import graph as built
from dlspec.graph.draw import chosen
from dlspec.graph.nodes import Graph
from dlspec.ir.model import ModelIR
from dlspec.pipeline import check
from dlspec.source import Source

SPECS = Path(__file__).parents[2] / "specs"

NET = """
fn scaled(x: f32[D], by: float = 2) -> f32[D] = by * x
block Two(n: int) {
  input x: f32[D]
  output x -> Dense(n)
  output scaled(x) -> Dense(n) -> ReLU
}
block Residual(channels: int, act: layer = ReLU) {
  input x: f32[C, H, W]
  y = x -> (Conv2D(channels, 3, padding=same) -> BatchNorm -> act) as body
  output x + 0.5 * y -> act
}
model Net(depth: int = 12) {
  input image: f32[3, 8, 8]
  input extra: f32[6]
  let shared = Dense(6)
  x = image -> Conv2D(4, 3) -> Residual(4) * 3 -> Residual(4, act=GELU) -> Flatten -> Dense(6)
  skips = [x]
  for i in range(depth) {
    h = x -> Dense(6 + i) -> ReLU
    x = h -> Dense(6) -> Dropout(0.1)
    x = x + extra
    if i == 5 { kept = h }
    if i % 4 == 0 { skips = skips + [x] }
  }
  for i in range(8) { x = x -> Dense(6) }
  a, b = x -> shared -> Two(5)
  s, last = (x -> Reshape(2, 3), h=(extra[:4] -> Dense(3))) -> GRU(3, return=(last, state))
  output y = (a, b, kept, skips[-1], skips[0] -> shared) -> Concat
  output z = (s, last) -> Concat
}
"""


@pytest.fixture
def model() -> Callable[..., ModelIR]:
    """A model of a text, or of a file of specs/."""

    def found(text: str, name: str = "") -> ModelIR:
        spec = SPECS / text if text.endswith(".dls") else Source("net.dls", text)
        result = check(spec)
        assert result.program is not None, [d.title for d in result.diagnostics]
        return chosen(result.program, name)

    return found


@pytest.fixture
def graph(model) -> Callable[..., Graph]:
    return lambda text, name="": built(model(text, name))


@pytest.fixture
def net() -> str:
    """A spec with everything that makes a graph hard."""
    return NET
