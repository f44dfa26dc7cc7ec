"""Runs that are trained once for all tests: digits in PyTorch, wine in Keras."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
Command = Callable[..., subprocess.CompletedProcess[str]]

DIGITS = """
data digits {
  source = sklearn("digits")
  field image: f32[1, 8, 8] = column("image") -> Scale(1 / 16)
  field label: class[10]    = column("target")
  split = stratified(label, train=60 %, val=15 %, test=25 %, seed=0)
}
model Net {
  input image: f32[1, 8, 8]
  output logits: f32[10] = image -> Conv2D(8, 3, padding=same) -> BatchNorm -> ReLU -> MaxPool2D(2)
    -> Flatten -> Dense(10)
}
train {
  data = digits; model = Net(); loss = CrossEntropy(logits, label); optimizer = Adam(lr=1e-2)
  epochs = 4; batch = 64; metrics = [Accuracy(logits, label)]
}
export phone {
  format = tflite; quantize = int8(calibrate=digits.train[:64])
  budget { size <= 60 KB; macs <= 1 M; ram <= 2 KB; accuracy_drop <= 2 % }
}
export tight { format = onnx; budget { size <= 5.6 KB } }
export server { format = onnx; dynamic = [batch] }
"""


@pytest.fixture(scope="session")
def dlspec() -> Command:
    """Runs a command line."""

    def run(*arguments: object) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "dlspec", *map(str, arguments)]
        return subprocess.run(command, capture_output=True, text=True, timeout=900)

    return run


@pytest.fixture(scope="session")
def digits(dlspec: Command, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run in PyTorch."""
    folder = tmp_path_factory.mktemp("digits")
    (folder / "digits.dls").write_text(DIGITS, encoding="utf-8")
    done = dlspec("train", folder / "digits.dls", "-o", folder / "run")
    assert done.returncode == 0, done.stderr
    return folder / "run"


@pytest.fixture(scope="session")
def wine(dlspec: Command, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run in Keras, of two inputs with fitted statistics, from a table."""
    out = tmp_path_factory.mktemp("wine") / "run"
    done = dlspec("train", ROOT / "specs/wine.dls", "--backend", "keras", "-o", out)
    assert done.returncode == 0, done.stderr
    return out


@pytest.fixture(scope="session")
def root() -> Path:
    return ROOT
