"""`dlspec verify`: the same weights give the same numbers everywhere, or it says so."""

from __future__ import annotations

import json
import shutil

import numpy as np
import pytest
from safetensors import safe_open
from safetensors.numpy import save

pytestmark = pytest.mark.slow


def test_four_runtimes_agree(dlspec, digits) -> None:
    done = dlspec("verify", digits)
    assert done.returncode == 0, done.stderr
    for what in (
        "running the trained model in PyTorch",
        "running it in Keras",
        "writing model.onnx",
    ):
        assert f"{what}\n" in done.stderr and what not in done.stdout
    for name in ("PyTorch (trained)", "Keras", "ONNX Runtime", "LiteRT", "LiteRT int8"):
        assert name in done.stdout
    found = json.loads((digits / "verify.json").read_text(encoding="utf-8"))
    assert found["agrees"] and found["rows"] == 256
    whole = [row for row in found["table"] if row["limit"] is not None]
    assert len(whole) == 3 and all(row["difference"] <= row["limit"] for row in whole)
    assert {row["scores"]["accuracy"] for row in whole} == {found["reference"]["accuracy"]}


def test_two_inputs_of_a_keras_run_agree(dlspec, wine) -> None:
    done = dlspec("verify", wine, "--json")
    assert done.returncode == 0, done.stderr
    assert {row["runtime"] for row in json.loads(done.stdout)["table"]} == {
        "PyTorch",
        "ONNX Runtime",
        "LiteRT",
    }


def test_a_program_that_computes_something_else_is_found(dlspec, digits, tmp_path) -> None:
    run = tmp_path / "run"
    shutil.copytree(digits, run)
    model = run / "model.py"
    text = model.read_text(encoding="utf-8")
    assert "BatchNorm2d(8)" in text
    model.write_text(text.replace("BatchNorm2d(8)", "BatchNorm2d(8, eps=1e-3)"), encoding="utf-8")
    done = dlspec("verify", run)
    assert done.returncode == 1
    assert "DIFFERS" in done.stdout


def test_weights_that_are_no_numbers_agree_with_nothing(dlspec, digits, tmp_path) -> None:
    run = tmp_path / "run"
    shutil.copytree(digits, run)
    path = run / "best.safetensors"
    with safe_open(path, "np") as file:
        names = file.keys()
        broken = {name: np.full_like(file.get_tensor(name), np.nan) for name in names}
        header = file.metadata()
    path.write_bytes(save(broken, header))
    np.savez(tmp_path / "rows.npz", image=np.zeros((2, 1, 8, 8), np.float32))
    for command in (("verify", run), ("predict", run, "--input", tmp_path / "rows.npz")):
        done = dlspec(*command)
        assert done.returncode == 1 and done.stdout == ""
        assert "DLS705" in done.stderr and "`logits` is not a number in" in done.stderr
