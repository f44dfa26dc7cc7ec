"""Several networks in one loss: a teacher that stays as it is, and the student that learns."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from compiled_specs import BACKENDS, log, program, run
from safetensors.numpy import load_file, save_file

pytestmark = pytest.mark.slow

SPEC = """
data cancer {{
  source = sklearn("breast_cancer")
  field x: f32[30]      = column("data") -> Standardize
  field label: class[2] = column("target")
  split = ordered(train=16 %, val=16 %, test=68 %)
}}
model Net(width: int) {{
  input x: f32[30]
  output logits: f32[2] = x -> Dense(width) -> BatchNorm -> ReLU -> Dropout(0.2) -> Dense(2)
}}
train {{
  data = cancer
  let teacher = Net(8, weights="teacher.safetensors", frozen=true)
  let student = Net(4)
  {wires}
  optimizer = SGD(lr={lr}, momentum=0.9)
  epochs    = 3
  metrics   = [Accuracy(s, label)]
}}
"""
MIXED = """
  mate = permutation(B) if training else range(B)
  w    = beta(0.2, 0.2) if training else 1.0
  z    = w * x + (1 - w) * batch(x)[mate[row()]]
  soft = softmax(teacher(z) / 2)
  s    = student(z)
  loss = CrossEntropy(s, label, weight=w) + CrossEntropy(s, batch(label)[mate[row()]], weight=1 - w)
    + 4 * KL(soft, softmax(s / 2))
"""
SCALED = """
  soft = softmax(teacher(x))
  s    = student(x)
  k    = full(3) if training else full(1)
  loss = k * sum(soft) + 0 * sum(s)
"""


def teacher(rng: np.random.Generator) -> dict[str, np.ndarray]:
    norm = {f"batch_norm.{n}": (8,) for n in ("weight", "bias", "running_mean", "running_var")}
    shapes = {"dense.weight": (8, 30), "dense.bias": (8,), **norm}
    shapes |= {"dense_2.weight": (2, 8), "dense_2.bias": (2,)}
    return {n: rng.uniform(0.1, 1, shape).astype(np.float32) for n, shape in shapes.items()}


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_student_learns_and_its_teacher_stays(backend: str, tmp_path: Path) -> None:
    spec, fixed = tmp_path / "spec.dls", teacher(np.random.default_rng(0))
    spec.write_text(SPEC.format(wires=MIXED, lr="0.01"))
    save_file(fixed, tmp_path / "teacher.safetensors")
    folder = program(spec, tmp_path / "program", backend)
    run(folder, "--out", tmp_path / "whole")
    whole = load_file(tmp_path / "whole" / "last.safetensors")
    for name, array in fixed.items():
        np.testing.assert_array_equal(whole[f"teacher.{name}"], array, err_msg=name)
    moments = {n.split(".")[1] for n in whole if n.startswith("optimizer.")}
    assert moments == {"student"}
    assert np.all(whole["student.batch_norm.running_mean"] != 0)
    losses = [row["val.loss"] for row in log(tmp_path / "whole")]
    assert losses[-1] < losses[0]
    for epochs in (1, 3):
        run(folder, "--out", tmp_path / "parts", "--epochs", epochs, "--resume")
    parts = load_file(tmp_path / "parts" / "last.safetensors")
    assert parts.keys() == whole.keys()
    for name, array in whole.items():
        np.testing.assert_array_equal(parts[name], array, err_msg=name)


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_frozen_network_that_comes_first_does_not_end_training(
    backend: str, tmp_path: Path
) -> None:
    """It is in evaluation mode, and what is computed of the batch is not."""
    spec = tmp_path / "spec.dls"
    spec.write_text(SPEC.format(wires=SCALED, lr="1e-9"))
    save_file(teacher(np.random.default_rng(0)), tmp_path / "teacher.safetensors")
    folder = program(spec, tmp_path / "program", backend)
    run(folder, "--out", tmp_path, "--epochs", 1)
    (row,) = log(tmp_path)
    assert row["loss"] == pytest.approx(3) and row["val.loss"] == pytest.approx(1)
