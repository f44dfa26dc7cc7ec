"""A model with state in a file: read in two halves, it gives what it gives at once."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from small_settings import SMALL, SPECS

pytestmark = pytest.mark.slow

EXPORTS = """
export server { format = onnx; dynamic = [batch, T] }
export phone { format = tflite }
"""


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("lm")
    rng = np.random.default_rng(0)
    tokens = rng.integers(1, 4, (200, 17)).cumsum(axis=1) % 50
    np.savez(root / "wikitext-2.npz", tokens=tokens)
    spec = root / "lm.dls"
    spec.write_text((SPECS / "lstm_lm.dls").read_text(encoding="utf-8") + EXPORTS)
    given = [word for s in SMALL["lstm_lm"] for word in ("--set", s)]
    called("train", spec, "-o", root / "run", "--epochs", "2", *given)
    return root / "run"


def called(*words: object) -> str:
    command = [sys.executable, "-m", "dlspec", *map(str, words)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr[-2000:]
    return done.stdout


@pytest.mark.proof
def test_exports_agree_with_any_state(trained: Path) -> None:
    """The states that they are compared on are drawn, and not the first ones."""
    said = called("export", trained)
    assert said.count("next_h: ") == said.count("next_c: ") == 2
    table = called("verify", trained)
    assert table.count("agrees") == 9 and "exceeds" not in table


def test_halves_are_the_whole(trained: Path) -> None:
    onnxruntime = pytest.importorskip("onnxruntime")
    called("export", trained, "server")
    session = onnxruntime.InferenceSession(str(trained / "export" / "server.onnx"))
    assert [i.name for i in session.get_inputs()] == ["tokens", "h", "c"]
    names = [o.name for o in session.get_outputs()]
    assert names == ["logits", "next_h", "next_c"]
    zero = np.zeros((3, 2, 8), np.float32)
    tokens = np.random.default_rng(1).integers(0, 50, (3, 12)).astype(np.int32)
    whole, h, c = session.run(names, {"tokens": tokens, "h": zero, "c": zero})
    first, h1, c1 = session.run(names, {"tokens": tokens[:, :5], "h": zero, "c": zero})
    rest, h2, c2 = session.run(names, {"tokens": tokens[:, 5:], "h": h1, "c": c1})
    np.testing.assert_allclose(np.concatenate([first, rest], 1), whole, atol=1e-5)
    np.testing.assert_allclose(np.stack([h2, c2]), np.stack([h, c]), atol=1e-5)


def test_it_learned_and_writes(trained: Path) -> None:
    said = called("generate", trained, "--limit", "40", "--count", "2")
    rows = [[int(token) for token in line.split()] for line in said.splitlines()]
    assert [len(row) for row in rows] == [40, 40] and rows[0] != rows[1]
