"""Runs with several networks: each is exported by itself, and all are verified."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

pytestmark = pytest.mark.slow

SPEC = Path(__file__).parents[2] / "specs" / "gan.dls"
MORE = """
export judge { format = onnx; model = D }
export guard { format = tflite; model = D }
"""


def dlspec(*words: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "dlspec", *map(str, words)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


@pytest.mark.proof
@pytest.mark.parametrize("backend", ["torch", "keras"])
def test_each_network_has_files_of_its_own(backend: str, tmp_path: Path) -> None:
    onnxruntime = pytest.importorskip("onnxruntime")
    spec, run = tmp_path / "gan.dls", tmp_path / "run"
    spec.write_text(SPEC.read_text(encoding="utf-8") + MORE, encoding="utf-8")
    trained = dlspec("train", spec, "--backend", backend, "--steps", 2, "-o", run)
    assert trained.returncode == 0, trained.stderr[-2000:]
    assert "2 steps" in trained.stdout and "test rows" not in trained.stdout
    done = dlspec("export", run)
    assert done.returncode == 0, done.stderr[-2000:]
    reports = {p.stem: json.loads(p.read_text()) for p in (run / "export").glob("*.json")}
    assert {name: r["parameters"] for name, r in reports.items()} == {
        **dict.fromkeys(("digits", "phone"), 2833),
        **dict.fromkeys(("judge", "guard"), 4929),
    }
    session = onnxruntime.InferenceSession(run / "export" / "digits.onnx")
    assert [x.name for x in session.get_inputs()] == ["G_code"]
    (made,) = session.run(["G_image"], {"G_code": np.zeros((3, 8), "float32")})
    assert made.shape == (3, 1, 8, 8) and np.abs(made).max() <= 1
    verified = dlspec("verify", run)
    assert verified.returncode == 0, verified.stderr[-2000:]
    lines = [line.split() for line in verified.stdout.splitlines()]
    agreed = [line for line in lines if line[-1:] == ["agrees"]]
    assert len(agreed) == 6 and {line[-4] for line in agreed} == {"G_image", "D_score"}
    code = np.random.default_rng(0).normal(size=(3, 8)).astype("float32")
    np.savez(tmp_path / "code.npz", G_code=code)
    (wanted,) = session.run(None, {"G_code": code})
    for more in ((), ("--model", run / "export" / "phone.tflite")):
        told = dlspec("predict", run, "--input", tmp_path / "code.npz", "--json", *more)
        assert told.returncode == 0, told.stderr[-2000:]
        found = [row["G_image"] for row in json.loads(told.stdout)]
        np.testing.assert_allclose(found, wanted, rtol=1e-3, atol=1e-4)
    for words in (("eval", run), ("predict", run, "--input", SPEC)):
        refused = dlspec(*words)
        assert refused.returncode == 1 and "Traceback" not in refused.stderr
        assert "error[DLS" in refused.stderr


def test_a_run_of_steps_is_not_counted_in_epochs(tmp_path: Path) -> None:
    refused = dlspec("train", SPEC, "--epochs", 2, "-o", tmp_path / "run")
    assert refused.returncode == 1 and "counted in steps" in refused.stderr
