"""Uses of a block with dropout and without are one class, with the rate for an argument."""

from __future__ import annotations

import pytest
from dlspec_keras import BACKEND as KERAS
from dlspec_torch import BACKEND as TORCH

from dlspec.backend.plan import model_file
from dlspec.pipeline import check
from dlspec.source import Source

SPEC = """
block First {{
  input y: f32[T, D]
  input h: f32[2, 2]
  output y
}}
block Unit(rate: float) {{
  input x: f32[T, D]
  output {}
}}
model Net {{
  input x: f32[6, 4]
  output y = x -> Unit(0) -> Unit(0.5)
}}
"""


@pytest.mark.parametrize("backend", [TORCH, KERAS], ids=lambda b: b.name)
@pytest.mark.parametrize(
    "body",
    [
        "x -> Dropout(rate) -> Dense(4)",
        "(x, x, x) -> Attention(heads=2, dropout=rate)",
        "x -> MultiHeadAttention(heads=2, dropout=rate, causal=true)",
        "x -> LSTM(4, layers=2, dropout=rate, return=all)",
        "x -> LSTM(4, recurrent_dropout=rate, return=all)",
        "x -> BiGRU(2, recurrent_dropout=rate, return=(all, state)) -> First",
        "x -> (Dense(4) -> DropPath(rate)) as part",
    ],
)
def test_one_class_with_an_argument(body, backend):
    program = check(Source("net.dls", SPEC.format(body))).program
    assert program is not None
    text = model_file(program.models["Net"], backend)
    assert text.count("class Unit") == 1
    assert "rate: float" in text and "0.5)" in text
