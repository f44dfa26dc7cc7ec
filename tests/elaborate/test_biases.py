"""A bias that a normalisation takes away is worth a word, wherever the two stand."""

from __future__ import annotations

import pytest

from dlspec.pipeline import check
from dlspec.source import Source

MODEL = """
model M {{
  input x: f32[3, 8, 8]
{body}
  output o = mean(h)
}}
"""


def warned(*lines: str) -> list[int]:
    """The lines of a body that are warned of, from 1."""
    text = MODEL.format(body="\n".join(f"  {line}" for line in lines))
    result = check(Source("spec.dls", text))
    assert result.program is not None, result.diagnostics
    assert {d.code for d in result.diagnostics} <= {"DLS241"}
    return [d.span.line - 3 for d in result.diagnostics if d.span is not None]


@pytest.mark.parametrize(
    "lines",
    [
        ("h = x -> Conv2D(4, 3) -> BatchNorm",),
        ("h = x -> (Conv2D(4, 3) -> BatchNorm) as stem",),
        ("c = x -> Conv2D(4, 3)", "h = c -> BatchNorm -> ReLU"),
        ("h = x -> Conv2D(4, 3)", "h = h -> BatchNorm", "h = h + h"),
        ("h = x -> Conv2D(4, 3)", "g = x -> ReLU", "h = mean(g) + (h -> BatchNorm)"),
    ],
)
def test_what_only_a_norm_reads_needs_no_bias(lines: tuple[str, ...]) -> None:
    assert warned(*lines) == [1]


@pytest.mark.parametrize(
    "lines",
    [
        ("h = x -> Conv2D(4, 3, bias=false) -> BatchNorm",),
        ("h = x -> Conv2D(4, 3, bias=true) -> BatchNorm",),
        ("h = x -> Conv2D(4, 3) -> ReLU -> BatchNorm",),
        ("h = x -> Conv2D(4, 3)", "h = h + (h -> BatchNorm)"),
        ("c = x -> Conv2D(4, 3)", "h = mean(c) + (c -> BatchNorm)"),
        ("c = x -> Conv2D(4, 3)", "h = mean(c) + (x -> BatchNorm)"),
        ("let f = Conv2D(4, 3)", "c = x -> f", "h = mean(x -> f) + (c -> BatchNorm)"),
        ("h = x -> Conv2D(3, 3, padding=1)", "for i in range(2) { h = h -> BatchNorm }"),
        ("h = x -> Conv2D(4, 3) -> LayerNorm(axis=0)",),
    ],
)
def test_a_bias_that_does_something_stays(lines: tuple[str, ...]) -> None:
    assert warned(*lines) == []
