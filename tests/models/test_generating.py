"""The `generate` blocks of the published models: both programs give the same tokens."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from small_settings import SMALL, SPECS

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
    "gpt2": ["--prompt", "7", "8", "--limit", "20"],  # beyond the context
    "llama": ["--seed", "1", "--limit", "12"],
    "lstm_lm": ["--prompt", *map(str, range(40)), "--limit", "30"],  # beyond the context
    "seq2seq": ["--limit", "9", "--row", "1"],
    "t5": ["--limit", "9", "--part", "train"],
}


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("data")
    rng = np.random.default_rng(0)
    tokens = rng.integers(0, 50, (400, 17))
    np.savez(root / "corpus.npz", tokens=tokens)
    np.savez(root / "wikitext-2.npz", tokens=tokens)
    np.savez(root / "wmt.npz", en=tokens[:, :16], de=tokens, fr=tokens)
    return root


def called(folder: Path, *words: object) -> str:
    command = [sys.executable, *map(str, words)]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stdout


@pytest.mark.parametrize("name", WORDS)
def test_both_programs_generate_the_same(name: str, data: Path, tmp_path: Path) -> None:
    spec = data / f"{name}.dls"
    spec.write_text((SPECS / f"{name}.dls").read_text(encoding="utf-8"), encoding="utf-8")
    result = check(spec, SMALL[name])
    assert result.program is not None and result.source is not None
    for backend in ("torch", "keras"):
        folder = tmp_path / backend
        request = Request(spec, result.source, result.program, folder, backend)
        write_tree(folder, compiled(request))
    (model,) = result.program.models
    called(tmp_path, "-c", INITIAL, tmp_path / "torch", model, tmp_path)
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
