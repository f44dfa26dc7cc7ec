"""Training on files: arrays, and pictures whose folders alone tell the classes."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from compiled_specs import BACKENDS, log, program, run

from dlspec.cli.app import run as dlspec

pytestmark = pytest.mark.slow

ARRAYS = """
data digits {
  source = npz("digits.npz")
  field image: f32[1, 8, 8] = column("pixels") -> Scale(1 / 16)
  field label: class[10]    = column("digit")
  split = stratified(label, train=60 %, val=15 %, test=25 %)
}
model Net {
  input image: f32[1, 8, 8]
  output logits: f32[10] = image -> Flatten -> Dense(32) -> ReLU -> Dense(10)
}
train {
  data = digits; model = Net(); loss = CrossEntropy(logits, label)
  optimizer = Adam(lr=3e-3); epochs = 5; metrics = [Accuracy(logits, label)]
}
"""
PICTURES = """
data scans {
  source = images("scans", labels=folder)
  field image: f32[1, 8, 8] = column("image") -> Resize(8, 8)
  field label: class        = column("label")
  split = stratified(label, train=50 %, val=25 %, test=25 %)
  augment image -> RandomShift(10 %)
}
model Net(classes: int) {
  input image: f32[1, 8, 8]
  output logits: f32[classes] = image -> Flatten -> Dense(32) -> ReLU -> Dense(classes)
}
train {
  data = scans; model = Net(); loss = CrossEntropy(logits, label)
  optimizer = Adam(lr=1e-2); epochs = 6; batch = 16; metrics = [Accuracy(logits, label)]
}
"""
CLASSES = ("four", "one", "zero")


@pytest.fixture(scope="module")
def digits() -> tuple[np.ndarray, np.ndarray]:
    """Real scans of handwritten digits, 0 to 16, and what they show."""
    from sklearn.datasets import load_digits

    found = load_digits()
    return found.images, found.target


@pytest.fixture
def scans(digits, tmp_path: Path) -> Path:
    """A spec, and beside it a folder of pictures for each of three digits, in two formats."""
    from PIL import Image

    images, target = digits
    for name, digit in zip(CLASSES, (4, 1, 0), strict=True):
        folder = tmp_path / "scans" / name
        folder.mkdir(parents=True)
        for i, image in enumerate(images[target == digit][:40]):
            picture = Image.fromarray((image * 15.9).astype(np.uint8))
            picture.resize((12, 10)).save(folder / f"{i:02}.{'png' if i % 2 else 'jpg'}")
    spec = tmp_path / "scans.dls"
    spec.write_text(PICTURES)
    return spec


@pytest.mark.parametrize("backend", BACKENDS)
def test_arrays(backend: str, digits, tmp_path: Path) -> None:
    images, target = digits
    np.savez(tmp_path / "digits.npz", pixels=images[:, None], digit=target)
    spec = tmp_path / "digits.dls"
    spec.write_text(ARRAYS)
    folder = program(spec, tmp_path / "program", backend)
    run(folder)
    assert json.loads(run(folder, "--eval", "test"))["accuracy"] > 0.8


@pytest.mark.parametrize("backend", BACKENDS)
def test_pictures_whose_folders_tell_the_classes(backend: str, scans: Path) -> None:
    out = scans.parent / "run"
    assert dlspec(["train", str(scans), "--backend", backend, "-o", str(out)]) == 0
    lock = json.loads((out / "lock.json").read_text())
    assert lock["data"]["classes"] == {"label": list(CLASSES)}
    assert lock["data"]["rows"] == {"train": 60, "val": 30, "test": 30}
    assert log(out)[-1]["val.accuracy"] > 0.7
    # the lock file is enough for a program of the same weights
    other = scans.parent / "other"
    words = ["compile", str(scans), "--backend", backend, "-o", str(other)]
    assert dlspec([*words, "--lock", str(out / "lock.json")]) == 0
    run(other)
    assert (other / "best.safetensors").read_bytes() == (out / "best.safetensors").read_bytes()
