"""`dlspec predict` of a model with a state, which begins with its first value."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

pytestmark = pytest.mark.slow

SPEC = """
data rows {
  source = npz("rows.npz")
  field x: f32[4] = column("x")
  field y: f32[3] = column("y")
  split = ordered(train=70 %, val=15 %, test=15 %)
}
model Net {
  input x: f32[4]
  state s: f32[3] = 2
  output y_ = (x -> Dense(3, init=zeros)) + s
  next s = y_
}
train {
  data = rows; model = Net(); optimizer = SGD(lr=1e-6); epochs = 1; batch = continued(8)
  loss = MSE(y_, y)
}
"""


@pytest.mark.parametrize("backend", ["torch", "keras"])
def test_a_state_begins_with_its_first_value(backend: str, tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    x, y = (rng.normal(size=(80, n)).astype("f") for n in (4, 3))
    np.savez(tmp_path / "rows.npz", x=x, y=y)
    np.save(tmp_path / "new.npy", x[:2])
    spec, run = tmp_path / "net.dls", tmp_path / "run"
    spec.write_text(SPEC, encoding="utf-8")
    called("train", spec, "-o", run, "--backend", backend)
    head, *lines = called("predict", run, "--input", tmp_path / "new.npy").splitlines()
    assert head.startswith("y_[0],y_[1],y_[2]") and len(lines) == 2
    made = [float(n) for line in lines for n in line.split(",")]
    assert made == pytest.approx([2.0] * len(made), abs=1e-3)


def called(*words: object) -> str:
    command = [sys.executable, "-m", "dlspec", *map(str, words)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr[-2000:]
    return done.stdout
