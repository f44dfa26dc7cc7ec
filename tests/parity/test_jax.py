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


@pytest.fixture
def digits(tmp_path: Path) -> Callable[..., str]:
    """Runs a file of the Keras program of digits on JAX; gives what it prints."""
    spec = ROOT / "specs" / "digits.dls"
    words = ["compile", str(spec), "--backend", "keras", "-o", str(tmp_path)]
    subprocess.run([sys.executable, "-m", "dlspec", *words], check=True, capture_output=True)
    settings = os.environ | {"KERAS_BACKEND": "jax", "JAX_PLATFORMS": "cpu"}

    def run(*words: str) -> str:
        done = subprocess.run(
            [sys.executable, *words],
            cwd=tmp_path,
            env=settings,
            check=True,
            capture_output=True,
            text=True,
        )
        return done.stdout

    return run


def test_a_program_trains_on_jax(digits: Callable[..., str], tmp_path: Path) -> None:
    digits("train.py", "--epochs", "3")
    assert '"backend": "jax"' in (tmp_path / "lock.json").read_text(encoding="utf-8")
    lines = (tmp_path / "metrics.jsonl").read_text(encoding="utf-8").splitlines()
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
