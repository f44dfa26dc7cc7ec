"""Runs that are killed, and runs that go on in the other backend."""

from __future__ import annotations

import json
import random
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from compiled_specs import BACKENDS, SPECS, log, program, run

pytestmark = pytest.mark.slow

FILES = ("best.safetensors", "last.safetensors", "metrics.jsonl", "lock.json")


def command(folder: Path, out: Path, epochs: int) -> list[str]:
    words = ["--out", str(out), "--epochs", str(epochs), "--resume"]
    return [sys.executable, str(folder / "train.py"), *words]


def kept(out: Path) -> dict[str, bytes]:
    return {name: (out / name).read_bytes() for name in FILES}


def killed(folder: Path, out: Path, epochs: int, draw: random.Random) -> bool:
    """Kills a run soon after one of its next epochs, or while it writes a file."""
    pipe = subprocess.PIPE
    with subprocess.Popen(command(folder, out, epochs), stdout=pipe, stderr=pipe) as child:
        assert child.stdout is not None
        for _ in range(draw.choice((0, 0, 1, 2))):
            child.stdout.readline()
        if draw.random() < 0.5:
            time.sleep(draw.uniform(0, 0.2))
        else:
            while child.poll() is None and not any(out.glob("*.part")):
                pass  # a file is in the making for about a millisecond
        child.kill()
    return child.returncode == -9


def same_bits_after(kills: int, backend: str, tmp_path: Path) -> None:
    epochs, draw = 5 * kills + 1, random.Random(kills)
    text = (SPECS / "digits.dls").read_text().replace("patience(12", "patience(1000")
    (tmp_path / "digits.dls").write_text(text)
    folder = program(tmp_path / "digits.dls", tmp_path / "program", backend)
    whole, out = tmp_path / "whole", tmp_path / "run"
    subprocess.run(command(folder, whole, epochs), check=True, capture_output=True)
    done = sum(killed(folder, out, epochs, draw) for _ in range(kills))
    assert done == kills, "some of the runs ended before they were killed"
    subprocess.run(command(folder, out, epochs), check=True, capture_output=True)
    assert kept(out) == kept(whole)
    assert {p.name for p in out.iterdir()} == set(FILES), "nothing of the killed runs is left"


def test_three_kills_leave_no_trace(tmp_path: Path) -> None:
    same_bits_after(3, "torch", tmp_path)


@pytest.mark.proof
@pytest.mark.parametrize("backend", BACKENDS)
def test_twenty_kills_leave_no_trace(backend: str, tmp_path: Path) -> None:
    same_bits_after(20, backend, tmp_path)


@pytest.mark.tensorflow  # in a process of its own, but as heavy
def test_a_run_goes_on_in_the_other_backend_and_back(tmp_path: Path) -> None:
    """As it would have gone on in its own, but for the rounding of float32.

    Without dropout, which each framework draws by itself, and a schedule, which ends with a run.
    """
    text = (SPECS / "digits.dls").read_text().replace("Dropout(0.2) -> ", "")
    text = text.replace("schedule   = warmup(1 epoch) -> cosine(to=0)\n", "")
    assert "Dropout" not in text and "schedule" not in text
    (tmp_path / "digits.dls").write_text(text)

    def train(out: str, backend: str, epochs: int) -> None:
        words = ["digits.dls", "--backend", backend, "-o", out, "--epochs", str(epochs), "--resume"]
        whole = [sys.executable, "-m", "dlspec", "train", *words]
        done = subprocess.run(whole, cwd=tmp_path, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr[-2000:]
        record = json.loads((tmp_path / out / "compiled.json").read_text())
        assert record["backend"] == backend

    train("own", "torch", 4)
    train("run", "torch", 2)
    before = (tmp_path / "run" / "metrics.jsonl").read_bytes()
    train("run", "keras", 3)
    train("run", "torch", 4)
    assert (tmp_path / "run" / "metrics.jsonl").read_bytes().startswith(before)
    found, expected = log(tmp_path / "run"), log(tmp_path / "own")
    assert [row["step"] for row in found] == [row["step"] for row in expected]
    for row, own in zip(found, expected, strict=True):
        # without the optimizer's state the next epoch would be 5 % off
        assert row["loss"] == pytest.approx(own["loss"], rel=2e-3)
        assert row["val.loss"] == pytest.approx(own["val.loss"], rel=1e-2)


BUCKETED = """
data words {
  source = npz("words.npz")
  field tokens: class[9][T <= 14] = column("tokens")
  field many: class[2] = column("many")
  split = ordered(train=80 %, val=20 %)
}
model Counter {
  input tokens: i32[T <= 14]
  output long: f32[2] = tokens -> Embedding(9, 8) -> GRU(8, return=last) -> Dense(2)
}
train {
  data = words; model = Counter(); loss = CrossEntropy(long, many); optimizer = Adam(lr=1e-2)
  epochs = 3; batch = bucketed(8, by=tokens, sorted=1 epoch)
}
"""


@pytest.mark.parametrize("backend", BACKENDS)
def test_batches_of_nearly_one_length_go_on_as_if_never_stopped(
    backend: str, tmp_path: Path
) -> None:
    rng = np.random.default_rng(0)
    lengths = rng.integers(1, 15, 60)
    tokens = rng.integers(0, 9, (60, 14))
    arrays = {"tokens": tokens, "tokens_lengths": lengths, "many": (lengths > 7).astype(int)}
    np.savez(tmp_path / "words.npz", **arrays)
    (tmp_path / "words.dls").write_text(BUCKETED, encoding="utf-8")
    folder = program(tmp_path / "words.dls", tmp_path / "program", backend)
    data = ("--data", tmp_path)
    run(folder, "--out", tmp_path / "whole", *data)
    for epochs in (1, 2, 3):  # the first from the shortest row to the longest
        run(folder, "--out", tmp_path / "parts", "--epochs", epochs, "--resume", *data)
    assert log(tmp_path / "parts") == log(tmp_path / "whole")
    whole, parts = (tmp_path / n / "last.safetensors" for n in ("whole", "parts"))
    assert whole.read_bytes() == parts.read_bytes()
