"""`dlspec verify`: the same weights give the same numbers everywhere, or it says so."""

from __future__ import annotations

import json
import shutil
from contextlib import nullcontext
from types import SimpleNamespace

import numpy as np
import pytest
from safetensors import safe_open
from safetensors.numpy import save

from dlspec.diagnostics import SpecError
from dlspec.pipeline import check
from dlspec.runners.verify import check_drawn
from dlspec.source import Source

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


NOISY = """
data d {
  source = npz("d.npz")
  field x: f32[3] = column("x")
  field y: f32[1] = column("y")
  split = random(train=60 %, val=20 %, test=20 %)
}
model Net {
  input x: f32[3]
  h = x -> Dense(4) -> LayerNorm
  output z = OUTPUT
}
train { data = d; model = Net(); loss = MSE(z, y); optimizer = Adam(lr=0.1); epochs = 1 }
"""


@pytest.mark.parametrize(
    ("written", "drawn"),
    [
        ("(h + normal_like(h)) -> Dense(1)", True),
        ("(h + normal_like(h) if training else h) -> Dense(1)", False),
        ("h -> Dropout(0.5) -> Dense(1)", False),
    ],
)
def test_what_draws_in_evaluation_is_compared_with_nothing(written, drawn) -> None:
    program = check(Source("d.dls", NOISY.replace("OUTPUT", written))).program
    run = SimpleNamespace(model=program.trained[""])
    with pytest.raises(SpecError) if drawn else nullcontext() as found:
        check_drawn(run)
    if drawn:
        (error,) = found.value.diagnostics
        assert error.code == "DLS707" and error.places == ("normal_like (line 11)",)


@pytest.mark.proof
def test_a_runtime_whose_files_cannot_hold_a_layer_is_left_out(dlspec, tmp_path) -> None:
    x = np.random.default_rng(0).normal(size=(60, 3)).astype(np.float32)
    np.savez(tmp_path / "d.npz", x=x, y=x.sum(1, keepdims=True))
    (tmp_path / "d.dls").write_text(NOISY.replace("OUTPUT", "erf(h) -> Dense(1)"))
    assert dlspec("train", tmp_path / "d.dls", "-o", tmp_path / "run").returncode == 0
    done = dlspec("verify", tmp_path / "run")
    assert done.returncode == 0, done.stderr
    assert "Keras" in done.stdout and "ONNX Runtime" in done.stdout
    assert "LiteRT is left out: TFLite files cannot hold erf with any input" in done.stdout
