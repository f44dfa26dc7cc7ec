"""A loss that reads the whole batch trains, on a smaller last batch too."""

from __future__ import annotations

import runpy
from pathlib import Path

import numpy as np
import pytest
from compiled_specs import BACKENDS, log, program, run

pytestmark = pytest.mark.slow

PAIRS = """
data pairs {
  source = npz("pairs.npz")
  field left: f32[6]  = column("left")
  field right: f32[6] = column("right")
  split = ordered(train=80 %, val=20 %)
}
model Towers(dim: int = 4) {
  input left: f32[6]
  input right: f32[6]
  output a: f32[dim] = left -> Dense(dim)
  output b: f32[dim] = right -> Dense(dim)
}
train {
  data = pairs; model = Towers(); optimizer = SGD(lr=0.5); epochs = 2; batch = 16
  loss = (CrossEntropy(batch(b) @ a, row()) + CrossEntropy(batch(a) @ b, row())) / 2
}
"""
ROWS, EPOCHS, BATCH, RATE = 50, 2, 16, 0.5


def softmax(x: np.ndarray) -> np.ndarray:
    e = np.exp(x - x.max(1, keepdims=True))
    return e / e.sum(1, keepdims=True)


def loss_and_errors(scores: np.ndarray) -> tuple[float, np.ndarray]:
    """Both directions of the loss of a square of scores, and its gradient."""
    n, total, errors = len(scores), 0.0, np.zeros_like(scores)
    for square, turn in ((scores, False), (scores.T, True)):
        p = softmax(square)
        total -= np.log(np.diag(p)).mean() / 2
        error = (p - np.eye(n)) / n / 2
        errors += error.T if turn else error
    return total, errors


@pytest.mark.parametrize("backend", BACKENDS)
def test_each_example_is_held_against_those_of_its_batch(backend: str, tmp_path: Path) -> None:
    from safetensors.numpy import load_file

    rng = np.random.default_rng(0)
    left = rng.normal(size=(ROWS, 6)).astype("float32")
    right = (left + 0.1 * rng.normal(size=left.shape)).astype("float32")
    np.savez(tmp_path / "pairs.npz", left=left, right=right)
    spec = tmp_path / "pairs.dls"
    spec.write_text(PAIRS)
    folder = program(spec, tmp_path / "program", backend)
    run(folder, "--out", tmp_path / "run")
    draw = runpy.run_path(str(folder / "weights.py"))["draw"]
    order = runpy.run_path(str(folder / "data.py"))["order"]
    a, b = (draw(f"{n}.weight", (4, 6), 0).astype(float) for n in "ab")
    shifts = [np.zeros(4), np.zeros(4)]
    losses = []
    for epoch in range(EPOCHS):
        total = 0.0
        rest = order(40, 0, epoch)
        while len(rest):
            rows, rest = rest[:BATCH], rest[BATCH:]
            x, y = left[rows].astype(float), right[rows].astype(float)
            u, v = x @ a.T + shifts[0], y @ b.T + shifts[1]
            loss, errors = loss_and_errors(u @ v.T)
            total += len(rows) * loss
            du, dv = errors @ v, errors.T @ u
            a, b = a - RATE * du.T @ x, b - RATE * dv.T @ y
            shifts = [shifts[0] - RATE * du.sum(0), shifts[1] - RATE * dv.sum(0)]
        losses.append(total / 40)
    assert [row["loss"] for row in log(tmp_path / "run")] == pytest.approx(losses, rel=1e-4)
    found = load_file(tmp_path / "run/last.safetensors")
    np.testing.assert_allclose(found["a.weight"], a, rtol=1e-3, atol=1e-5)
