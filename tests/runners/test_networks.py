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


SEQUENCES = """
data words {
  source = npz("words.npz")
  field tokens: class[9][T <= 14] = column("tokens")
  field tags: class[3][T]         = column("tags")
  split = random(train=60 %, val=20 %, test=20 %, seed=0)
}
model Tagger(dim: int) {
  input tokens: i32[T <= 20]
  output tag: f32[T, 3] = tokens -> Embedding(9, dim) -> BiGRU(dim, return=all) -> Dense(3)
}
train {
  data = words; optimizer = Adam(lr=3e-2); epochs = 1; batch = 16
  let teacher = Tagger(6, frozen=true)
  let student = Tagger(4)
  tag  = student(tokens)
  loss = CrossEntropy(tag, tags) + KL(softmax(teacher(tokens)), softmax(tag))
}
export small { format = onnx; model = student; dynamic = [batch, T] }
export large { format = tflite; model = teacher }
"""


@pytest.mark.proof
def test_rows_of_different_lengths_reach_the_network_of_a_file(tmp_path: Path) -> None:
    """Each row gives what it gives alone, in a file of one network and in the run."""
    onnxruntime = pytest.importorskip("onnxruntime")
    spec, run, rng = tmp_path / "words.dls", tmp_path / "run", np.random.default_rng(0)
    tokens, lengths = rng.integers(0, 9, (60, 14)), rng.integers(1, 13, 60)
    given = {"tokens": tokens, "tokens_lengths": lengths, "tags": tokens % 3}
    np.savez(tmp_path / "words.npz", **given)
    spec.write_text(SEQUENCES, encoding="utf-8")
    for words in (("train", spec, "-o", run), ("export", run), ("verify", run)):
        done = dlspec(*words)
        assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    agreed = [line.split() for line in done.stdout.splitlines() if line.endswith("agrees")]
    assert len(agreed) == 6 and {line[-4] for line in agreed} == {"student_tag", "teacher_tag"}
    session = onnxruntime.InferenceSession(run / "export" / "small.onnx")
    shapes = {x.name: x.shape for x in session.get_inputs()}
    assert shapes == {
        "student_tokens": ["batch", "student_T"],
        "student_T_lengths": ["batch"],
    }
    wanted = []
    for row, n in zip(tokens[:5].astype("int32"), lengths[:5].astype("int32"), strict=True):
        alone = {"student_tokens": row[None, :n], "student_T_lengths": n[None]}
        wanted.append(session.run(None, alone)[0][0])
    padded = {"student_tokens": tokens[:5, :12], "student_T_lengths": lengths[:5]}
    np.savez(tmp_path / "some.npz", **padded)
    for more in ((), ("--model", run / "export" / "small.onnx")):
        told = dlspec("predict", run, "--input", tmp_path / "some.npz", "--json", *more)
        assert told.returncode == 0, told.stderr[-2000:]
        for record, row in zip(json.loads(told.stdout), wanted, strict=True):
            np.testing.assert_allclose(record["student_tag"], row, rtol=1e-3, atol=1e-5)
    padded["student_T_lengths"][2] = 0
    np.savez(tmp_path / "some.npz", **padded)
    refused = dlspec("predict", run, "--input", tmp_path / "some.npz")
    assert "its array `student_T_lengths` has 0, not 1 to 14" in refused.stderr


def test_a_run_of_steps_is_not_counted_in_epochs(tmp_path: Path) -> None:
    refused = dlspec("train", SPEC, "--epochs", 2, "-o", tmp_path / "run")
    assert refused.returncode == 1 and "counted in steps" in refused.stderr
