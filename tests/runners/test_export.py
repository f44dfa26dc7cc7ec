"""`dlspec export`: files that other runtimes read, and what is said of them."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def exported(dlspec, digits):
    done = dlspec("export", digits, "phone", "server")
    assert done.returncode == 0, done.stderr
    return digits / "export", done.stdout


def report(folder: Path, name: str):
    return json.loads((folder / f"{name}.json").read_text(encoding="utf-8"))


def test_the_report_says_what_the_file_is(exported, dlspec, digits) -> None:
    folder, said = exported
    phone, server = report(folder, "phone"), report(folder, "server")
    assert phone["size"] == (folder / "phone.tflite").stat().st_size
    assert server["operators"]["Conv"] == phone["operators"]["CONV_2D"] == 1
    assert server["parameters"] == 8 * 9 + 8 + 2 * 8 + 10 * 128 + 10
    assert server["macs"] == 64 * 8 * 9 + 10 * 128
    assert server["agrees"] and server["agreement"]["logits"]["difference"] < 1e-5
    assert phone["agreement"]["logits"]["limit"] is None
    assert phone["agreement"]["logits"]["snr"] > 20
    assert (folder / "phone.txt").read_text(encoding="utf-8") in said
    assert "above the noise" in (folder / "phone.txt").read_text(encoding="utf-8")
    assert "above the noise" not in (folder / "server.txt").read_text(encoding="utf-8")


def test_the_metrics_before_are_those_of_the_trained_model(exported, dlspec, digits) -> None:
    folder, _ = exported
    evaluated = json.loads(dlspec("eval", digits, "--json").stdout)
    for name in ("phone", "server"):
        metrics = report(folder, name)["metrics"]["accuracy"]
        assert metrics["before"] == pytest.approx(evaluated["accuracy"], abs=1e-9)
        assert abs(metrics["after"] - metrics["before"]) <= 0.02


def test_memory_is_the_largest_sum_of_live_tensors(exported) -> None:
    folder, _ = exported
    # conv [8, 8, 8], on which the norm and ReLU work in place, beside the image or the pooled
    assert report(folder, "server")["ram"] == 4 * (512 + 128)
    assert report(folder, "phone")["ram"] == 512 + 128


def test_every_line_of_a_budget_is_kept_or_broken(exported, dlspec, digits) -> None:
    folder, _ = exported
    assert [line["kept"] for line in report(folder, "phone")["budget"]] == [True] * 4
    done = dlspec("export", digits, "tight")
    assert done.returncode == 1
    assert "tight.onnx breaks its budget" in done.stderr
    assert (folder / "tight.onnx").stat().st_size == report(folder, "tight")["size"] > 5600
    assert report(folder, "tight")["budget"][0]["kept"] is False


def test_an_export_that_is_not_there_is_named(dlspec, digits) -> None:
    done = dlspec("export", digits, "phon")
    assert done.returncode == 2
    assert "DLS700" in done.stderr and "phone, tight, server" in done.stderr


def test_a_converter_that_crashes_is_a_sentence_and_leaves_the_other_files(
    dlspec, digits, tmp_path
) -> None:
    run = tmp_path / "run"
    shutil.copytree(digits, run, ignore=shutil.ignore_patterns("export"))
    program = (run / "export.py").read_text(encoding="utf-8")
    begins = "def main() -> None:\n"
    assert begins in program
    crashes = f'{begins}    if "tight.onnx" in sys.argv:\n        __import__("os").abort()\n'
    (run / "export.py").write_text(program.replace(begins, crashes), encoding="utf-8")
    done = dlspec("export", run, "tight", "server")
    assert done.returncode == 1
    assert "DLS701" in done.stderr and "SIGABRT" in done.stderr
    assert "tight.onnx could not be written" in done.stderr
    assert done.stderr.count("error[") == 1
    assert sorted(p.name for p in (run / "export").iterdir()) == [
        "server.json",
        "server.onnx",
        "server.txt",
    ]
    assert report(run / "export", "server")["agrees"]
    assert (run / "export" / "server.onnx").as_posix() in done.stdout


def test_a_folder_without_weights_is_refused(dlspec, digits, tmp_path) -> None:
    run = tmp_path / "run"
    shutil.copytree(digits, run, ignore=shutil.ignore_patterns("*.safetensors"))
    done = dlspec("export", run)
    assert done.returncode == 1 and "no checkpoint" in done.stderr


def test_what_keras_trained_is_written_by_pytorch(dlspec, wine) -> None:
    done = dlspec("export", wine)
    assert done.returncode == 0, done.stderr
    found = report(wine / "export", "model")
    assert found["agrees"] and set(found["metrics"]) == {"accuracy", "f1"}
