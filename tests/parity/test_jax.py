"""Keras programs as they are, on the JAX backend of Keras: ops, ten steps, and a run to its end."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from agreement import FP32, RECURRENT
from cases import Case, examples, together
from numbers_ import difference
from runs import forward_task, prepare
from safetensors.numpy import load_file
from ten_steps import CHILDREN, ROOT, differing, exact, programs, task

from dlspec.runners import process

pytestmark = pytest.mark.slow
TOGETHER = 40
"""Examples in a model. XLA takes longer for each, the more there are."""
PLAIN = [c for c in examples() if c.kind not in RECURRENT]


@pytest.fixture
def jax(monkeypatch: pytest.MonkeyPatch) -> None:
    """What runs in a process of its own, runs on JAX."""
    monkeypatch.setitem(process.SETTINGS, "KERAS_BACKEND", "jax")
    monkeypatch.setitem(process.SETTINGS, "JAX_PLATFORMS", "cpu")


@pytest.mark.proof
@pytest.mark.parametrize("start", range(0, len(PLAIN), TOGETHER))
def test_every_example_agrees_with_its_definition(jax: None, start: int, tmp_path: Path) -> None:
    assert far(PLAIN[start : start + TOGETHER], tmp_path) == {}


@pytest.mark.proof
def test_recurrent_examples_agree_with_their_definition(jax: None, tmp_path: Path) -> None:
    assert far([c for c in examples() if c.kind in RECURRENT][::4], tmp_path) == {}


def far(cases: list[Case], folder: Path) -> dict[str, str]:
    """The outputs that are far from their definition."""
    r = prepare(together(cases), folder / "spec")
    asked = forward_task(r, "keras32", "32")
    outcome = process.run_one("forward_keras", asked)
    assert outcome.answer is not None, outcome.error
    found = np.load(asked["outputs"])
    apart = {name: difference(found[name], r.definition[name]) for name in r.names}
    return {
        f"{r.spec.cases[int(name[1:].split('_')[0])].id}": f"{d:.1e}"
        for name, d in apart.items()
        if not d <= FP32
    }


@pytest.mark.proof
def test_ten_steps_give_the_weights_of_pytorch(
    jax: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(process.SETTINGS, "JAX_ENABLE_X64", "1")
    names = ("digits", "diabetes", "wine", "gru")
    tasks: dict[str, list[dict]] = {"torch": [], "keras": []}
    for name in names:
        spec = ROOT / "specs" / f"{name}.dls"
        made = programs(exact(spec.read_text(encoding="utf-8")), spec, tmp_path / name)
        for backend, program in zip(tasks, made, strict=True):
            tasks[backend].append(task(program, tmp_path / f"{name}-{backend}", 1))
    for backend, asked in tasks.items():
        for outcome in process.run(CHILDREN / f"train_{backend}.py", asked):
            assert outcome.answer is not None, outcome.error
    assert differing(tmp_path, names, close=FP32) == {}  # JAX's Keras rounds on its way


def compiled(spec: Path, folder: Path, backend: str = "keras") -> Callable[..., str]:
    """Runs a file of a spec's program, on JAX where it is Keras's; gives what it prints."""
    words = ["compile", str(spec), "--backend", backend, "-o", str(folder)]
    subprocess.run([sys.executable, "-m", "dlspec", *words], check=True, capture_output=True)
    settings = os.environ | {"KERAS_BACKEND": "jax", "JAX_PLATFORMS": "cpu"}

    def run(*words: str) -> str:
        done = subprocess.run(
            [sys.executable, *words],
            cwd=folder,
            env=settings,
            check=True,
            capture_output=True,
            text=True,
        )
        return done.stdout

    return run


@pytest.fixture
def digits(tmp_path: Path) -> Callable[..., str]:
    return compiled(ROOT / "specs" / "digits.dls", tmp_path)


def test_a_program_trains_on_jax_with_a_derivative_in_its_loss(tmp_path: Path) -> None:
    text = (ROOT / "specs" / "digits.dls").read_text(encoding="utf-8")
    loss = "CrossEntropy(logits, label, label_smoothing=0.1)"
    steep = f"{loss} + 0.1 * sum(gradient(logits[3], image) ** 2)"
    assert loss in text
    spec, run = tmp_path / "steep.dls", tmp_path / "run"
    spec.write_text(text.replace(loss, steep), encoding="utf-8")
    compiled(spec, run)("train.py", "--epochs", "3")
    assert '"backend": "jax"' in (run / "lock.json").read_text(encoding="utf-8")
    lines = (run / "metrics.jsonl").read_text(encoding="utf-8").splitlines()
    losses = [json.loads(line)["loss"] for line in lines]
    assert len(losses) == 3 and losses[0] > losses[1] > losses[2]


@pytest.mark.proof
def test_a_run_on_jax_is_resumed_to_the_same_bits_and_exported_by_tensorflow(
    digits: Callable[..., str], tmp_path: Path
) -> None:
    digits("train.py", "--epochs", "2", "--out", "whole")
    digits("train.py", "--epochs", "1")
    digits("train.py", "--epochs", "2", "--resume")
    whole = tmp_path / "whole" / "last.safetensors"
    assert (tmp_path / "last.safetensors").read_bytes() == whole.read_bytes()
    assert "accuracy" in digits("train.py", "--eval", "test")
    digits("export.py")
    assert (tmp_path / "export" / "phone.tflite").stat().st_size


ROUNDS = """
data digits {
  source = sklearn("digits")
  field image: f32[1, 8, 8] = column("image") -> Scale(1 / 8, offset=-1)
  split = random(train=30 %, val=70 %, seed=0)
}
model Generator {
  input code: f32[4]
  output image: f32[1, 8, 8] = code -> Dense(64) -> BatchNorm -> Tanh -> Reshape(1, 8, 8)
}
model Critic {
  input image: f32[1, 8, 8]
  output score: f32[1] = image -> Conv2D(8, 3, stride=2, padding=1) -> SiLU -> Flatten -> Dense(1)
}
train {
  data = digits
  let G = Generator()
  let D = Critic()
  step critic updates D times 2 {
    fake = stop_gradient(G(image[0, 2, :4]))
    mixed = 0.3 * image + 0.7 * fake
    slope = norm(gradient(D(mixed), mixed))
    real = D(image)
    ahead = gradient(real, image)
    bend = gradient(sum(ahead * image, axis=(0, 1, 2)), image)
    loss = mean(max(1 - real, 0)) + mean(max(1 + D(fake), 0)) + 10 * (slope - 1) ** 2
      + mean(bend ** 2) + mean(ahead ** 2)
    optimizer = Adam(lr=1e-3, betas=(0.5, 0.9))
  }
  step generator updates G {
    made = G(image[0, 2, :4])
    score = D(made)
    loss = -score + 0.1 * mean(gradient(score, made) ** 2)
    optimizer = SGD(lr=1e-2, momentum=0.9)
  }
  batch = 64; steps = 5; precision = fp32; clip_norm = 1.0; numerics = exact
}
"""


@pytest.mark.proof
def test_steps_on_jax_give_the_weights_of_pytorch_and_are_resumed_to_the_same_bits(
    tmp_path: Path,
) -> None:
    spec = tmp_path / "rounds.dls"
    spec.write_text(ROUNDS, encoding="utf-8")
    for backend in ("torch", "keras"):
        run = compiled(spec, tmp_path / backend, backend)
        run("train.py")
    run("train.py", "--out", "parts", "--steps", "2")
    run("train.py", "--out", "parts", "--resume")
    torch, jax = (tmp_path / b / "last.safetensors" for b in ("torch", "keras"))
    assert (tmp_path / "keras" / "parts" / "last.safetensors").read_bytes() == jax.read_bytes()
    wanted, found = load_file(torch), load_file(jax)
    assert wanted.keys() == found.keys()
    for name, value in wanted.items():
        np.testing.assert_allclose(found[name], value, rtol=1e-3, atol=2e-5, err_msg=name)


WAITING = """
data cancer {
  source = sklearn("breast_cancer")
  field x: f32[30]      = column("data") -> Standardize
  field label: class[2] = column("target")
  split = random(train=60 %, val=40 %, seed=0)
}
model Net {
  input x: f32[30]
  h = x -> Dense(8) -> Tanh
  g = h -> Dense(8) -> Tanh
  output logits: f32[2] = g -> Dense(2)
}
train {
  data = cancer; model = Net(); loss = CrossEntropy(logits, label); optimizer = Adam(lr=1e-2)
  epochs = 3; precision = fp32
  weights h           { frozen = until(1 epoch) }
  weights logits.bias { frozen = true }
}
"""


@pytest.mark.proof
def test_weights_that_wait_on_jax_learn_as_on_tensorflow(tmp_path: Path) -> None:
    spec = tmp_path / "waiting.dls"
    spec.write_text(WAITING, encoding="utf-8")
    run = compiled(spec, tmp_path / "keras")
    run("train.py", "--out", "jax")
    settings = os.environ | {"KERAS_BACKEND": "tensorflow"}
    words = [sys.executable, "train.py", "--out", "tensorflow"]
    subprocess.run(words, cwd=tmp_path / "keras", env=settings, check=True, capture_output=True)
    found, wanted = (
        load_file(tmp_path / "keras" / n / "last.safetensors") for n in ("jax", "tensorflow")
    )
    assert wanted.keys() == found.keys()
    assert not found["logits.bias"].any() and found["h.bias"].any()
    for name, value in wanted.items():
        np.testing.assert_allclose(found[name], value, rtol=1e-4, atol=1e-6, err_msg=name)
