"""A run of so many steps may end within an epoch, and goes on from there."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from compiled_specs import log, program, run
from safetensors.numpy import load_file

SPEC = """
data d {
  source = npz("d.npz")
  field x: f32[3] = column("x")
  split = random(train=80 %, val=20 %, seed=0)
}
model M {
  input x: f32[3]
  output y: f32[3] = x -> Dense(8) -> ReLU -> Dropout(0.3) -> Dense(3)
}
train { data = d; model = M(); loss = MSE(y, x); optimizer = Adam(lr=0.01); steps = 11; batch = 12 }
"""


@pytest.mark.slow
@pytest.mark.parametrize(
    "backend", ["torch", pytest.param("keras", marks=[pytest.mark.tensorflow, pytest.mark.proof])]
)
def test_a_run_that_ended_within_an_epoch_goes_on_to_the_same_bits(backend, tmp_path: Path) -> None:
    x = np.random.default_rng(0).normal(size=(50, 3)).astype("float32")
    np.savez(tmp_path / "d.npz", x=x)
    spec = tmp_path / "spec.dls"
    spec.write_text(SPEC)
    folder = program(spec, tmp_path / "program", backend)
    run(folder, "--out", tmp_path / "whole")
    run(folder, "--out", tmp_path / "parts", "--steps", 6)
    assert [(r["epoch"], r["step"]) for r in log(tmp_path / "parts")] == [(1, 4), (1, 6)]
    run(folder, "--out", tmp_path / "parts", "--resume")
    assert [r["step"] for r in log(tmp_path / "whole")] == [4, 8, 11]
    assert [r["step"] for r in log(tmp_path / "parts")] == [4, 6, 8, 11]
    whole, parts = (load_file(tmp_path / n / "last.safetensors") for n in ("whole", "parts"))
    assert all(np.array_equal(whole[name], parts[name]) for name in whole)
