"""Losses of derivatives: against the formula of a linear critic, and one backend against the
other."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from compiled_specs import BACKENDS, log, program, run
from safetensors.numpy import load_file

pytestmark = pytest.mark.slow

LINEAR = """
data points {
  source = npz("points.npz")
  field x: f32[3]    = column("x")
  field side: f32[1] = column("side")
  split = ordered(train=75 %, val=25 %)
}
model Critic {
  input x: f32[3]
  output score: f32[1] = x -> Dense(1)
}
train {
  data = points
  model = Critic()
  loss = side * score + 10 * (norm(gradient(score, x)) - 1) ** 2
  optimizer = SGD(lr=0.02); epochs = 10; batch = 64
}
"""
PENALISED = """
data digits {
  source = sklearn("digits")
  field image: f32[1, 8, 8] = column("image") -> Scale(1 / 8, offset=-1)
  split = all
}
model Generator {
  input code: f32[4]
  output image: f32[1, 8, 8] = code -> Dense(64) -> Tanh -> Reshape(1, 8, 8)
}
model Critic {
  input image: f32[1, 8, 8]
  output score: f32[1] = image -> Conv2D(8, 3, stride=2, padding=1) -> SiLU
    -> Conv2D(8, 3, stride=2, padding=1) -> SiLU -> Flatten -> Dense(1)
}
train {
  data = digits
  let G = Generator()
  let D = Critic()
  step critic updates D times 2 {
    code = image[0, 2, :4]
    fake = stop_gradient(G(code))
    mixed = 0.3 * image + 0.7 * fake
    slope = norm(gradient(D(mixed), mixed))
    real = D(image)
    ahead = gradient(real, image)
    bend = gradient(sum(ahead * image, axis=(0, 1, 2)), image)
    loss = D(fake) - real + 10 * (slope - 1) ** 2 + mean(bend ** 2) + mean(ahead ** 2)
    optimizer = Adam(lr=1e-3, betas=(0.5, 0.9))
  }
  step generator updates G {
    made = G(image[0, 2, :4])
    score = D(made)
    loss = -score + 0.1 * mean(gradient(score, made) ** 2)
    optimizer = SGD(lr=1e-2, momentum=0.9)
  }
  batch = 64; steps = 10; schedule = linear(to=0); precision = fp32
}
"""


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_linear_critic_is_trained_as_its_formula_says(backend: str, tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    x, side = rng.normal(size=(64, 3)), rng.choice([-1.0, 1.0], size=(64, 1))
    np.savez(tmp_path / "points.npz", x=x.astype("f4"), side=side.astype("f4"))
    spec = tmp_path / "linear.dls"
    spec.write_text(LINEAR)
    folder = program(spec, tmp_path / "program", backend)
    run(folder, "--out", tmp_path / "start", "--epochs", 1, "--data", tmp_path)
    run(folder, "--out", tmp_path / "run", "--data", tmp_path)
    first, last = (load_file(tmp_path / n / "last.safetensors") for n in ("start", "run"))
    w, b = first["score.weight"][0].astype(float), float(first["score.bias"][0])
    x, side, val, val_side = x[:48], side[:48], x[48:], side[48:]
    losses = []
    for _ in range(9):
        length = np.sqrt(w @ w)
        w = w - 0.02 * ((side * x).mean(0) + 20 * (length - 1) * w / length)
        b = b - 0.02 * side.mean()
        penalty = 10 * (np.sqrt(w @ w) - 1) ** 2
        losses.append((val_side[:, 0] * (val @ w + b)).mean() + penalty)
    np.testing.assert_allclose(last["score.weight"][0], w, rtol=1e-4, atol=1e-6)
    np.testing.assert_allclose(last["score.bias"][0], b, rtol=1e-4, atol=1e-6)
    told = [row["val.loss"] for row in log(tmp_path / "run")]
    assert told[1:] == pytest.approx(losses, rel=1e-3, abs=1e-5)
    best = json.loads(run(folder, "--out", tmp_path / "run", "--data", tmp_path, "--eval", "val"))
    assert best["loss"] == pytest.approx(min(told), rel=1e-4)


def test_ten_rounds_with_second_derivatives_are_the_same_in_both_backends(tmp_path: Path) -> None:
    spec = tmp_path / "penalised.dls"
    spec.write_text(PENALISED)
    made = {}
    for backend in ("torch", "keras"):
        folder = program(spec, tmp_path / backend, backend)
        out = str(tmp_path / f"{backend}_run")
        command = [sys.executable, str(folder / "train.py"), "--out", out]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr[-2000:]
        made[backend] = load_file(tmp_path / f"{backend}_run" / "best.safetensors")
    assert made["torch"].keys() == made["keras"].keys()
    for name, value in made["torch"].items():
        np.testing.assert_allclose(made["keras"][name], value, rtol=1e-3, atol=2e-5, err_msg=name)
    torch, keras = (log(tmp_path / f"{b}_run")[0] for b in ("torch", "keras"))
    for name in ("critic.loss", "generator.loss"):
        assert torch[name] == pytest.approx(keras[name], rel=1e-4)
