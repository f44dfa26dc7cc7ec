"""Published models: their parameters, and programs that stay short however large the model is."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image

from dlspec.backend.registry import find
from dlspec.cost import cost
from dlspec.pipeline import check

SPECS = Path(__file__).parents[2] / "specs" / "models"
NAMES = sorted(path.stem for path in SPECS.glob("*.dls"))
BACKENDS = ("torch", "keras")
MOST_LINES = {"densenet121": 80, "resnet50": 80}
SMALL = {
    "densenet121": ("DenseNet121.depths=[1, 2]", "DenseNet121.growth=4"),
    "mobilenet_v3_small": (),
    "resnet50": ("ResNet50.depths=[1, 2]", "ResNet50.width=4"),
}
"""Settings with which a model learns something in seconds."""


@pytest.mark.parametrize("name", NAMES)
def test_a_model_has_its_published_parameters(name: str) -> None:
    program = check(SPECS / f"{name}.dls").program
    assert program is not None
    published = re.search(r"([\d,]+) parameters", program.doc)
    assert published is not None
    (model,) = program.models.values()
    assert f"{cost(model).parameters.learned:,}" == published[1]


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("name", MOST_LINES)
def test_a_model_is_short_in_code(name: str, backend: str) -> None:
    program = check(SPECS / f"{name}.dls").program
    assert program is not None
    text = find(backend).files(program, "", hash="", folder=".")["model.py"]
    assert len(text.splitlines()) < MOST_LINES[name]


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a folder for each of a thousand classes, as ImageNet has them."""
    root = tmp_path_factory.mktemp("pictures")
    for i in range(1000):
        folder = root / "imagenet" / "train" / f"n{i:08}"
        folder.mkdir(parents=True)
        colour = (i % 10 * 25, i // 10 % 10 * 25, i // 100 * 25)
        Image.new("RGB", (8, 8), colour).save(folder / "picture.png")
    return root


@pytest.mark.proof
@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("name", NAMES)
def test_a_small_one_trains_and_is_verified(
    name: str, backend: str, pictures: Path, tmp_path: Path
) -> None:
    spec = pictures / f"{name}.dls"
    spec.write_text((SPECS / f"{name}.dls").read_text(encoding="utf-8"), encoding="utf-8")
    given = [word for s in SMALL[name] for word in ("--set", s)]
    run = tmp_path / "run"
    for words in (
        ["train", str(spec), "--backend", backend, "--epochs", "1", *given, "-o", str(run)],
        ["verify", str(run)],
    ):
        done = subprocess.run(
            [sys.executable, "-m", "dlspec", *words], capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr[-2000:]
    assert (run / "best.safetensors").exists()
