"""Draws in a model and in a `train` block: a matter of the seed and the step, in both backends."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from compiled_specs import BACKENDS, SPECS, program, run

pytestmark = pytest.mark.slow

DENOISER = """
data digits {
  source = sklearn("digits")
  field image: f32[1, 8, 8] = column("image") -> Scale(1 / 8, offset=-1)
  split = random(train=30 %, val=20 %, test=50 %, seed=0)
}
model Denoiser(ch: int = 8) {
  input image: f32[1, 8, 8]
  input t: i32[]
  time = t -> Embedding(100, ch) -> SiLU -> Dense(ch)
  h = image -> Conv2D(ch, 3, padding=same) -> SiLU
  h = (h + time[:, none, none]) -> Conv2D(ch, 3, padding=same) -> SiLU -> Dropout(0.1)
  output noise: f32[1, 8, 8] = h -> Conv2D(1, 3, padding=same)
}
train {
  data = digits
  let net = Denoiser()
  t = randint(0, 100)
  e = normal_like(image)
  kept = 1 - cast(t, f32)[none, none, none] / 100
  noisy = sqrt(kept) * image + sqrt(1 - kept) * e
  w = beta(0.5, 0.5) + uniform(0, 1) if training else 1.0
  guess = net(noisy, t=t)
  twice = net(noisy + 0.1 * normal(1, 8, 8), t=t)
  loss = MSE(guess, e, weight=w) + MSE(twice, e)
  optimizer = Adam(lr=2e-3); epochs = 3
}
"""
FILES = ("last.safetensors", "metrics.jsonl")


@pytest.fixture(params=["vae", "denoiser"])
def spec(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    text = DENOISER if request.param == "denoiser" else (SPECS / "vae.dls").read_text()
    path = tmp_path / f"{request.param}.dls"
    path.write_text(text)
    return path


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_run_that_goes_on_draws_as_one_that_was_never_stopped(
    spec: Path, backend: str, tmp_path: Path
) -> None:
    folder = program(spec, tmp_path / "program", backend)
    run(folder, "--out", tmp_path / "whole", "--epochs", 3)
    run(folder, "--out", tmp_path / "parts", "--epochs", 1)
    run(folder, "--out", tmp_path / "parts", "--epochs", 3, "--resume")
    run(folder, "--out", tmp_path / "other", "--epochs", 3, "--seed", 1)
    for name in FILES:
        whole = (tmp_path / "whole" / name).read_bytes()
        assert (tmp_path / "parts" / name).read_bytes() == whole
        assert (tmp_path / "other" / name).read_bytes() != whole
    rows = [json.loads(line) for line in (tmp_path / "whole/metrics.jsonl").open()]
    assert rows[-1]["loss"] < rows[0]["loss"]
    told = json.loads(run(folder, "--out", tmp_path / "whole", "--eval", "val"))
    best = min(row["val.loss"] for row in rows)
    assert told["loss"] == pytest.approx(best, rel=1e-5)


IN_16_BITS = """
data digits {
  source = sklearn("digits")
  field image: f32[1, 8, 8] = column("image") -> Scale(1 / 16)
  split = random(train=30 %, val=20 %, test=50 %, seed=0)
}
model Mend {
  input image: f32[1, 8, 8]
  h = image -> Conv2D(8, 3, padding=same) -> ReLU
  output mended: f32[1, 8, 8] = h -> Dropout(0.1) -> Conv2D(1, 3, padding=same)
}
train {
  data = digits
  let net = Mend()
  loss = MSE(net(image + 0.1 * normal_like(image)), image)
  optimizer = Adam(lr=2e-3); epochs = 2; precision = fp16; clip_norm = 1.0
  weights h { frozen = until(1 epoch) }
}
"""


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_run_in_16_bits_with_weights_that_wait_goes_on(backend: str, tmp_path: Path) -> None:
    spec = tmp_path / "mend.dls"
    spec.write_text(IN_16_BITS)
    folder = program(spec, tmp_path / "program", backend)
    run(folder, "--out", tmp_path / "whole")
    run(folder, "--out", tmp_path / "parts", "--epochs", 1)
    run(folder, "--out", tmp_path / "parts", "--resume")
    whole, parts = (tmp_path / n / "last.safetensors" for n in ("whole", "parts"))
    assert whole.read_bytes() == parts.read_bytes()


TABLE = """
data d {
  source = npz("d.npz")
  field x: i64[3] = column("x")
  field y: f32[1] = column("y")
  split = random(train=60 %, val=40 %)
}
model Net {
  input x: i64[3]
  output z = x -> Embedding(7, 4) -> Flatten -> Dense(1)
}
train {
  data = d; model = Net(); loss = MSE(z, y)
  optimizer = Adam(lr=0.1); epochs = 8; batch = 10; precision = fp16
}
"""


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_table_of_vectors_learns_in_16_bits(backend: str, tmp_path: Path) -> None:
    x = np.random.default_rng(0).integers(0, 7, (50, 3))
    np.savez(tmp_path / "d.npz", x=x, y=(x.sum(1, keepdims=True) / 9).astype(np.float32))
    spec = tmp_path / "d.dls"
    spec.write_text(TABLE)
    run(program(spec, tmp_path / "program", backend), "--out", tmp_path / "run")
    log = (tmp_path / "run" / "metrics.jsonl").read_text().splitlines()
    assert json.loads(log[-1])["loss"] < 0.1 * json.loads(log[0])["loss"]
