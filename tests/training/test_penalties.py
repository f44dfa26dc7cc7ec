"""What parts of a model add to the loss: every use of a block counts, and in training alone."""

from __future__ import annotations

import runpy
from pathlib import Path

import numpy as np
import pytest
from compiled_specs import BACKENDS, log, program, run
from safetensors.numpy import load_file

from dlspec.pipeline import check
from dlspec.source import Source

SPEC = """
block Held(dim: int, factor: float = 1.0) {
  input x: f32[D]
  y = x -> Dense(dim, bias=false)
  far = batch(y) - mean(batch(y), axis=0)[none]
  penalty factor * mean(far ** 2)
  output y
}
model M(dim: int = 3) {
  input x: f32[dim]
  let shared = Held(dim, factor=0.5)
  h = x -> Held(dim) * 2 -> shared -> shared
  penalty h[0] ** 2
  output y: f32[dim] = h
}
data d {
  source = npz("d.npz")
  field x: f32[3] = column("x")
  field wanted: f32[3] = column("wanted")
  split = ordered(train=80 %, val=20 %)
}
train {
  data = d; model = M(); loss = LOSS; optimizer = SGD(lr=0.05); epochs = 2; batch = 16
  precision = fp32
}
export phone { format = tflite }
export server { format = onnx }
"""
LOSSES = {"a sum": "MSE(y, wanted)", "an expression": "1.0 * mean((y - wanted) ** 2)"}
ROWS, EPOCHS, BATCH, RATE = 50, 2, 16, 0.05


def forward(x, weights):
    """The output, and what the blocks and the model add."""
    added, h = 0.0, x
    for weight, factor in weights:
        h = h @ weight.T
        added = added + factor * ((h - h.mean(0)) ** 2).mean()
    return h, added + (h[:, 0] ** 2).mean()


@pytest.mark.slow
@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("backend", BACKENDS)
def test_what_is_added_is_learned_from_and_told(backend: str, loss: str, tmp_path: Path) -> None:
    torch = pytest.importorskip("torch") if backend == "torch" else None
    rng = np.random.default_rng(0)
    x, wanted = (rng.normal(size=(ROWS, 3)).astype("float32") for _ in range(2))
    np.savez(tmp_path / "d.npz", x=x, wanted=wanted)
    spec = tmp_path / "held.dls"
    spec.write_text(SPEC.replace("LOSS", LOSSES[loss]))
    folder = program(spec, tmp_path / "program", backend)
    run(folder, "--out", tmp_path / "run")
    draw = runpy.run_path(str(folder / "weights.py"))["draw"]
    order = runpy.run_path(str(folder / "data.py"))["order"]
    names = ("h.0.y.weight", "h.1.y.weight", "shared.y.weight")
    first, second, shared = (draw(n, (3, 3), 0).astype(float) for n in names)
    rows = log(tmp_path / "run")
    for epoch in range(EPOCHS):
        total, index = 0.0, order(40, 0, epoch)
        for start in range(0, 40, BATCH):
            at = index[start : start + BATCH]
            parts = (x[at].astype(float), wanted[at], first, second, shared)
            value, (first, second, shared) = stepped(*parts)
            total += len(at) * value
        assert rows[epoch]["loss"] == pytest.approx(total / 40, rel=1e-4)
        y, _ = forward(x[40:], weights_of(first, second, shared))
        assert rows[epoch]["val.loss"] == pytest.approx(((y - wanted[40:]) ** 2).mean(), rel=1e-4)
    found = load_file(tmp_path / "run/last.safetensors")
    for name, weight in zip(names, (first, second, shared), strict=True):
        np.testing.assert_allclose(found[name], weight, rtol=2e-3, atol=1e-5)
    assert torch is None or set(found) >= set(names)


def weights_of(first, second, shared):
    return ((first, 1.0), (second, 1.0), (shared, 0.5), (shared, 0.5))


def stepped(x, wanted, *weights):
    """The loss of a batch, and the weights after a step along its numerical gradient."""

    def loss(*given):
        y, added = forward(x, weights_of(*given))
        return ((y - wanted) ** 2).mean() + added

    moved = []
    for i, weight in enumerate(weights):
        gradient = np.zeros_like(weight)
        for place in np.ndindex(weight.shape):
            sides = []
            for sign in (1, -1):
                other = [w.copy() for w in weights]
                other[i][place] += sign * 1e-5
                sides.append(loss(*other))
            gradient[place] = (sides[0] - sides[1]) / 2e-5
        moved.append(weight - RATE * gradient)
    return loss(*weights), moved


def checked(text: str):
    return check(Source("held.dls", text))


def test_an_export_of_a_model_with_penalties_is_allowed_though_they_read_the_batch() -> None:
    assert checked(SPEC.replace("LOSS", LOSSES["a sum"])).errors == ()


BAD = [
    ("penalty factor * mean(far ** 2)", "penalty far ** 2", "DLS423", "it is f32[B, 3]"),
    ("penalty factor * mean(far ** 2)", "penalty mean(y -> Dense(2))", "DLS108", ""),
    ("penalty factor * mean(far ** 2)", "penalty factor", "DLS208", ""),
    ("  output y\n", "  output y + mean(far)\n", "DLS444", ""),
]


@pytest.mark.parametrize(("right", "wrong", "code", "label"), BAD)
def test_what_is_no_penalty_is_refused(right: str, wrong: str, code: str, label: str) -> None:
    text = SPEC.replace("LOSS", LOSSES["a sum"]).replace(right, wrong, 1)
    errors = checked(text).errors
    assert {d.code for d in errors} == {code}, [f"{d.code} {d.title}" for d in errors]
    assert label in errors[0].label


def test_a_cell_has_no_penalty() -> None:
    text = """
    block Cell(dim: int) {
      input x: f32[D]
      state h: f32[dim] = 0
      new = (x, h) -> Concat -> Dense(dim)
      penalty mean(new)
      next h = new
      output new
    }
    model M {
      input x: f32[5, 4]
      output y = x -> Scan(Cell(3))
    }
    """
    assert [d.code for d in checked(text).errors] == ["DLS107"]


def test_a_fn_has_no_penalty() -> None:
    text = """
    fn f(x: f32[D]) {
      penalty mean(x)
      output x
    }
    model M {
      input x: f32[4]
      output y = f(x) -> Dense(2)
    }
    """
    assert [d.code for d in checked(text).errors] == ["DLS108"]
