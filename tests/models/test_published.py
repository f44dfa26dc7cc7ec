"""Published models: their parameters, and programs that stay short however large the model is."""

from __future__ import annotations

import csv
import json
import math
import os
import re
import subprocess
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from safetensors.numpy import save_file
from small_settings import SMALL, SPECS, speech

from dlspec.backend.registry import find
from dlspec.cost import cost, weights
from dlspec.ops.init import ones
from dlspec.pipeline import check

NAMES = sorted(path.stem for path in SPECS.glob("*.dls"))
BACKENDS = ("torch", "keras")
MOST_LINES = {
    "ctc": 220,
    "ddpm": 150,
    "densenet121": 80,
    "resnet50": 80,
    "vit": 80,
    "gpt2": 80,
    "unet": 80,
    "forecast": 40,
}


@pytest.mark.parametrize("name", NAMES)
def test_a_model_has_its_published_parameters(name: str) -> None:
    program = check(SPECS / f"{name}.dls").program
    assert program is not None
    published = re.search(r"([\d,]+) parameters", program.doc)
    assert published is not None
    (model,) = program.trained.values()
    assert f"{cost(model).parameters.learned:,}" == published[1]


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("name", MOST_LINES)
def test_a_model_is_short_in_code(name: str, backend: str) -> None:
    program = check(SPECS / f"{name}.dls").program
    assert program is not None
    text = find(backend).files(program, "", hash="", folder=".")["model.py"]
    assert len(text.splitlines()) < MOST_LINES[name]


def write(path: Path, names: Sequence[str], rows: Iterable[Iterable[object]]) -> None:
    """A table with a header."""
    with path.open("w", newline="") as file:
        csv.writer(file).writerows([names, *rows])


def part(name: str, below: str, rng: np.random.Generator) -> dict[str, np.ndarray]:
    """Weights for what a model has below a path."""
    program = check(SPECS / f"{name}.dls", SMALL[name]).program
    assert program is not None
    found = {}
    for path, w in weights(program.trained[""]).items():
        if path.startswith(f"{below}."):
            one = w.init == ones()
            values = np.ones(w.shape) if one else rng.normal(0, 0.05, w.shape)
            found[path.removeprefix(f"{below}.")] = values.astype(np.float32)
    return found


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a folder for each of a thousand classes, as ImageNet has them, arrays of words,
    of sentences and of their pairs, pictures with masks, and tables."""
    root = tmp_path_factory.mktemp("data")
    rng = np.random.default_rng(0)

    def words(length: int) -> np.ndarray:
        return rng.integers(1, 4, (100, length)).cumsum(axis=1) % 50

    def either(*shape: int) -> np.ndarray:
        return rng.integers(0, 2, (100, *shape))

    pictures = rng.integers(0, 256, (100, 3, 32, 32))
    np.savez(root / "cifar10.npz", x=pictures.astype("float32"))
    np.savez(root / "librispeech.npz", **speech(100))
    np.savez(root / "corpus.npz", tokens=words(17))
    np.savez(root / "wikitext-2.npz", tokens=words(17))
    np.savez(root / "wmt.npz", en=words(16), de=words(17), fr=words(17))
    pairs = {"segment": either(16), "hidden": either(16), "is_next": either()}
    pictures = rng.integers(0, 256, (100, 3, 32, 32)).astype("float32")
    np.savez(root / "cifar10.npz", x=pictures)
    np.savez(root / "pairs.npz", tokens=words(16), word=words(16), **pairs)
    hours = np.sin(np.arange(300)[:, None] / 12 + np.arange(7)) + rng.normal(0, 0.1, (300, 7))
    write(root / "ETTh1.csv", ("HUFL", "HULL", "MUFL", "MULL", "LUFL", "LULL", "OT"), hours)
    kinds = {"workclass": 9, "education": 16, "marital-status": 7, "occupation": 15}
    kinds |= {"relationship": 6, "race": 5, "sex": 2, "native-country": 42}
    numbers = ("age", "education-num", "capital-gain", "capital-loss", "hours-per-week")
    people = [
        (*rng.integers(0, 90, 5), *(f"{k}{rng.integers(n)}" for k, n in kinds.items()), i % 2)
        for i in range(100)
    ]
    write(root / "adult.csv", (*numbers, *kinds, "income"), people)
    boxes = np.zeros((20, 3, 4), np.float32)
    boxes[:, 0], boxes[:10, 1] = (4, 8, 30, 40), (20, 20, 60, 61)
    photos = rng.random((20, 3, 64, 64), np.float32)
    np.savez(root / "coco.npz", image=photos, boxes=boxes, kind=rng.integers(0, 5, (20, 3)))
    save_file(part("detector", "res_net18", rng), root / "resnet18.safetensors")
    save_file(part("distill", "teacher", rng), root / "resnet50.safetensors")
    save_file(part("finetune", "bert", rng), root / "bert.safetensors")
    reviews = {"tokens": words(16), "tokens_lengths": rng.integers(1, 17, 100)}
    np.savez(root / "reviews.npz", **reviews, stars=np.arange(100) % 5)
    for kind in ("images", "masks"):
        (root / "voc" / kind).mkdir(parents=True)
    for i in range(10):
        picture = rng.integers(0, 256, (20, 24, 3), np.uint8)
        classes = picture[..., 0] // 90
        classes[0] = 255
        Image.fromarray(picture).save(root / "voc" / "images" / f"{i}.jpg")
        Image.fromarray(classes).save(root / "voc" / "masks" / f"{i}.png")
    for i in range(1000):
        folder = root / "imagenet" / "train" / f"n{i:08}"
        folder.mkdir(parents=True)
        colour = (i % 10 * 25, i // 10 % 10 * 25, i // 100 * 25)
        Image.new("RGB", (8, 8), colour).save(folder / "picture.png")
    return root


def small(name: str, data: Path) -> Path:
    """A spec beside its data, with batches that this has rows for."""
    for path in SPECS.glob("*.dls"):  # one may import another
        text = re.sub(r"(\n  batch +=) \d{3,}", r"\1 64", path.read_text(encoding="utf-8"))
        (data / path.name).write_text(text, encoding="utf-8")
    return data / f"{name}.dls"


def length(spec: Path) -> str:
    """What the length of a training is counted in."""
    return "epochs" if "\n  epochs " in spec.read_text(encoding="utf-8") else "steps"


@pytest.mark.proof
@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("name", NAMES)
def test_a_small_one_trains_and_is_verified(
    name: str, backend: str, data: Path, tmp_path: Path
) -> None:
    spec = small(name, data)
    given = [word for s in SMALL[name] for word in ("--set", s)]
    run = tmp_path / "run"
    for words in (
        [
            "train",
            str(spec),
            "--backend",
            backend,
            f"--{length(spec)}",
            "1",
            *given,
            "-o",
            str(run),
        ],
        ["verify", str(run)],
    ):
        done = subprocess.run(
            [sys.executable, "-m", "dlspec", *words], capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr[-2000:]
    assert (run / "best.safetensors").exists()


@pytest.mark.proof
@pytest.mark.parametrize("name", NAMES)
def test_its_keras_program_trains_on_jax_as_on_tensorflow(
    name: str, data: Path, tmp_path: Path
) -> None:
    """With the same losses, where no framework draws by itself: those of other specs are numbers.
    Which triplets are the hard ones turns on rounding."""
    spec, folder = small(name, data), tmp_path / "program"
    text = spec.read_text(encoding="utf-8")
    given = [word for s in SMALL[name] for word in ("--set", s)]
    if name == "wgan_gp":
        text = text.replace("normal(128)", "image[0, 2]").replace("uniform(0, 1)", "0.3")
        given += ["--set", "Generator.z=32"]
    text = re.sub("-> Dropout\\(.*?\\)", "", text)
    spec.write_text(text, encoding="utf-8")
    draws = re.search(r"[Dd]rop|normal\(|randint|permutation|Random", text)
    command = [sys.executable, "-m", "dlspec", "compile", str(spec), "--backend", "keras"]
    subprocess.run([*command, *given, "-o", str(folder)], check=True, capture_output=True)
    losses = []
    for backend in ("jax", "tensorflow"):
        words = ["train.py", f"--{length(spec)}", "1", "--out", backend]
        if "--data" in (folder / "train.py").read_text(encoding="utf-8"):
            words += ["--data", str(data)]
        done = subprocess.run(
            [sys.executable, *words],
            cwd=folder,
            env=os.environ | {"KERAS_BACKEND": backend, "JAX_PLATFORMS": "cpu"},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr[-2000:]
        log = (folder / backend / "metrics.jsonl").read_text(encoding="utf-8")
        last = json.loads(log.splitlines()[-1])
        losses.append({n: v for n, v in last.items() if n.endswith("loss")})
    found, expected = losses
    if draws:
        assert all(math.isfinite(v) for v in (*found.values(), *expected.values()))
    else:
        near = 0.02 if name == "triplet" else 1e-3
        assert found == pytest.approx(expected, rel=near)
