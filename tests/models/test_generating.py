"""The `generate` blocks of the published models: both programs give the same tokens."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from small_settings import SMALL, SPECS, speech

from dlspec.emit.files import write_tree
from dlspec.pipeline import check
from dlspec.pipeline.compile import Request, compiled

pytestmark = pytest.mark.slow

INITIAL = """
import sys; sys.path.insert(0, sys.argv[1])
import checkpoint, model, recipe
net = getattr(model, sys.argv[2])()
checkpoint.initialise(net, 3)
checkpoint.save(__import__("pathlib").Path(sys.argv[3]) / "best.safetensors", recipe.Run(0), net)
"""
WORDS = {
    "ctc": ["--part", "train", "--row", "3"],
    "gpt2": ["--prompt", "7", "8", "--limit", "20"],  # beyond the context
    "llama": ["--seed", "1", "--limit", "12"],
    "lstm_lm": ["--prompt", *map(str, range(40)), "--limit", "30"],  # beyond the context
    "seq2seq": ["--limit", "9", "--row", "1"],
    "t5": ["--limit", "9", "--part", "train"],
}

DIFFUSION = """
model Noise {
  input image: f32[2, 4, 6]
  input t: i32[]
  time = t -> Embedding(20, 8)
  h = (image -> Conv2D(8, 3, padding=same)) + time[:, none, none] -> SiLU
  output noise: f32[2, 4, 6] = h -> Conv2D(2, 3, padding=same)
}
data pictures {
  source = npz("x.npz")
  field image: f32[2, 4, 6] = column("x")
  split = all
}
train {
  data = pictures
  let net = Noise()
  t    = randint(0, 20)
  e    = normal_like(image)
  kept = cumprod(1 - linspace(1e-2, 0.3, 20))
  loss = MSE(net(sqrt(kept[t]) * image + sqrt(1 - kept[t]) * e, t=t), e)
  optimizer = Adam(lr=1e-2); epochs = 2; batch = 32
}
generate draw {
  feed     = noise -> image
  strategy = ddpm(linspace(1e-2, 0.3, 20), time=t)
}
"""


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("data")
    rng = np.random.default_rng(0)
    tokens = rng.integers(0, 50, (400, 17))
    np.savez(root / "corpus.npz", tokens=tokens)
    np.savez(root / "librispeech.npz", **speech(50))
    np.savez(root / "wikitext-2.npz", tokens=tokens)
    np.savez(root / "wmt.npz", en=tokens[:, :16], de=tokens, fr=tokens)
    return root


def called(folder: Path, *words: object) -> str:
    command = [sys.executable, *map(str, words)]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stdout


def initial(spec: Path, given: Sequence[str], out: Path) -> None:
    """The programs of both backends, and weights as a run begins with."""
    result = check(spec, given)
    assert result.program is not None and result.source is not None
    for backend in ("torch", "keras"):
        folder = out / backend
        request = Request(spec, result.source, result.program, folder, backend)
        write_tree(folder, compiled(request))
    (model,) = result.program.models
    called(out, "-c", INITIAL, out / "torch", model, out)


LONG = ("ctc", "llama", "lstm_lm", "seq2seq", "t5")


@pytest.mark.parametrize(
    "name", [pytest.param(n, marks=[pytest.mark.proof] * (n in LONG)) for n in WORDS]
)
def test_both_programs_generate_the_same(name: str, data: Path, tmp_path: Path) -> None:
    spec = data / f"{name}.dls"
    spec.write_text((SPECS / f"{name}.dls").read_text(encoding="utf-8"), encoding="utf-8")
    initial(spec, SMALL[name], tmp_path)
    words = ["--run", tmp_path, "--count", 3, *WORDS[name]]
    torch, keras = (
        called(tmp_path, tmp_path / backend / "generate.py", *words)
        for backend in ("torch", "keras")
    )
    assert torch == keras
    rows = [[int(token) for token in line.split()] for line in torch.splitlines()]
    assert len(rows) == 3 and all(0 <= token < 50 for row in rows for token in row)
    assert max(map(len, rows)) > 5 and len(set(map(tuple, rows))) > 1
    again = called(tmp_path, tmp_path / "torch" / "generate.py", *words)
    assert again == torch


def test_both_programs_draw_the_same_by_diffusion(tmp_path: Path) -> None:
    np.savez(tmp_path / "x.npz", x=np.zeros((8, 2, 4, 6), np.float32))
    spec = tmp_path / "diffusion.dls"
    spec.write_text(DIFFUSION)
    initial(spec, (), tmp_path)
    found = []
    for backend in ("torch", "keras"):
        out = tmp_path / f"{backend}.npz"
        words = ("--run", tmp_path, "--count", 3, "--seed", 2, "--out", out)
        assert called(tmp_path, tmp_path / backend / "generate.py", *words).strip() == str(out)
        found.append(np.load(out)["image"])
    assert found[0].shape == (3, 2, 4, 6) and np.ptp(found[0]) > 1
    np.testing.assert_allclose(*found, atol=1e-4)
