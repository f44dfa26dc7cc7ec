"""Whole programs: what they write, how they stop and go on, what they refuse."""

from __future__ import annotations

import json
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch")
sys.path[:0] = [str(Path(__file__).parent)]

from programs import DIGITS, TRAIN, compiled, modules, run, trained  # noqa: E402

torch.set_num_threads(1)
pytestmark = pytest.mark.slow

SPECS = Path(__file__).parents[3] / "specs"


@pytest.fixture(scope="module")
def digits(tmp_path_factory):
    """A small program, compiled and trained to its end in `whole`."""
    folder = compiled(DIGITS + TRAIN, tmp_path_factory.mktemp("digits"))
    done = run(folder, "--out", "whole")
    assert done.returncode == 0, done.stderr
    return folder


def same(a: Path, b: Path) -> bool:
    names = ("best.safetensors", "last.safetensors", "metrics.jsonl", "lock.json")
    return all((a / n).read_bytes() == (b / n).read_bytes() for n in names)


def test_a_run_leaves_its_log_its_lock_and_two_checkpoints(digits):
    whole = digits / "whole"
    log = [json.loads(line) for line in (whole / "metrics.jsonl").read_text().splitlines()]
    assert [row["epoch"] for row in log] == [1, 2, 3, 4, 5, 6]
    assert log[-1]["step"] == 6 * 17
    assert log[-1]["val.accuracy"] > 0.8
    assert log[-1]["loss"] < log[0]["loss"]
    lock = json.loads((whole / "lock.json").read_text())
    assert (lock["spec"], lock["seed"], lock["epochs"], lock["threads"]) == ("0123", 0, 6, 1)
    assert (lock["device"], lock["onednn"]) == ("cpu", torch.backends.mkldnn.is_available())
    assert lock["versions"]["torch"] == torch.__version__
    assert lock["data"]["rows"] == {"train": 1078, "val": 270, "test": 449}


def test_the_same_seed_gives_the_same_bytes_and_another_does_not(digits):
    assert same(digits / "whole", trained(digits, "again", 6))
    trained(digits, "other", 1, seed=1)
    first = json.loads((digits / "whole/metrics.jsonl").read_text().splitlines()[0])
    other = json.loads((digits / "other/metrics.jsonl").read_text())
    assert first["loss"] != other["loss"]


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGINT, signal.SIGTERM])
def test_a_run_that_is_stopped_and_resumed_ends_with_the_same_bits(digits, how):
    out = digits / how.name
    command = [sys.executable, "train.py", "--out", str(out), "--resume"]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    with subprocess.Popen(command, cwd=digits, **pipes) as process:
        for line in process.stdout:
            if line.startswith("epoch 2"):
                process.send_signal(how)
                break
        said = process.communicate()[1]
    if how is not signal.SIGKILL:
        assert process.returncode == 130
        kept = "last.safetensors keeps the last whole epoch; --resume goes on from it"
        assert said == f"stopped: {kept}\n"
    assert not same_if_there(digits / "whole", out)
    assert run(digits, "--out", str(out), "--resume").returncode == 0
    assert same(digits / "whole", out)


def same_if_there(a: Path, b: Path) -> bool:
    return (b / "last.safetensors").exists() and same(a, b)


def test_what_a_killed_run_logged_after_its_checkpoint_is_dropped(digits):
    out = digits / "torn"
    shutil.copytree(digits / "whole", out)
    with (out / "metrics.jsonl").open("a") as file:
        file.write('{"epoch": 7, "loss": 1.0}\n{"epoch": 8, "lo')
    (out / "last.safetensors.part").write_bytes(b"half")
    assert same(digits / "whole", trained(digits, "torn", 6, resume=True))


def test_nothing_is_overwritten_unless_it_is_asked_for(digits):
    out = digits / "kept"
    shutil.copytree(digits / "whole", out)
    refused = run(digits, "--out", "kept", "--epochs", "1")
    assert refused.returncode == 1
    assert refused.stderr.startswith("error: kept/last.safetensors is there")
    assert same(digits / "whole", out)
    assert run(digits, "--out", "kept", "--epochs", "1", "--overwrite").returncode == 0
    assert len((out / "metrics.jsonl").read_text().splitlines()) == 1


@pytest.mark.parametrize("harm", ["cut", "other"])
def test_a_checkpoint_that_cannot_be_used_is_refused_and_kept(digits, harm, tmp_path):
    out = tmp_path / harm
    shutil.copytree(digits / "whole", out)
    last = out / "last.safetensors"
    if harm == "cut":
        last.write_bytes(last.read_bytes()[:-100])
    else:
        wider = compiled(DIGITS.replace("Conv2D(4,", "Conv2D(5,") + TRAIN, tmp_path / "wider")
        shutil.copy(trained(wider, "run", 1) / "last.safetensors", last)
    before = last.read_bytes()
    refused = run(digits, "--out", str(out), "--resume")
    assert refused.returncode == 1
    assert refused.stderr.count("\n") == 1
    assert refused.stderr.startswith("error: ") and "last.safetensors" in refused.stderr
    assert last.read_bytes() == before


def test_evaluation_is_that_of_the_best_weights_on_the_whole_part(digits):
    found = json.loads(run(digits, "--out", "whole", "--eval", "test").stdout)
    with modules(digits) as program:
        model = program.model.Small()
        program.checkpoint.load(digits / "whole/best.safetensors", model)
        rows = program.data.load()["test"]
        with torch.no_grad():
            logits = model.eval()(torch.from_numpy(rows["image"])).double().numpy()
    right = logits.argmax(1) == rows["label"]
    assert found["accuracy"] == pytest.approx(right.mean())
    chance = np.exp(logits) / np.exp(logits).sum(1, keepdims=True)
    loss = -np.log(chance[np.arange(len(right)), rows["label"]]).mean()
    assert found["loss"] == pytest.approx(loss, rel=1e-5)


def test_the_loss_of_an_epoch_counts_a_smaller_last_batch_by_its_rows(digits):
    with modules(digits) as program:
        train = program.train
        model = program.model.Small()
        program.checkpoint.initialise(model, 0)
        idle = torch.optim.SGD(model.parameters(), lr=0.0)
        for layer in model.modules():
            if isinstance(layer, torch.nn.Dropout):
                layer.p = 0.0
        rate = np.zeros(17)
        cpu = torch.device("cpu")
        found = train.train_epoch(model, idle, rate, program.recipe.Run(0), cpu)
        batches = list(train.batches(program.recipe.Run(0), cpu))
        assert len(batches) == 17
        assert len(batches[-1]["label"]) < train.BATCH
        losses = [train.loss_fn(model(b["image"]), b["label"]).item() for b in batches]
    sizes = [len(b["label"]) for b in batches]
    assert found == pytest.approx(np.average(losses, weights=sizes), rel=1e-6)
    assert found != pytest.approx(np.mean(losses), rel=1e-6)


def test_the_onnx_file_computes_what_the_trained_model_does(digits):
    onnxruntime = pytest.importorskip("onnxruntime")
    done = run(digits, "--run", "whole", script="export.py")
    assert (done.returncode, done.stdout) == (0, "whole/export/model.onnx\n"), done.stderr
    session = onnxruntime.InferenceSession(digits / "whole/export/model.onnx")
    assert [i.shape for i in session.get_inputs()] == [["batch", 1, 8, 8]]
    image = np.random.default_rng(0).random((5, 1, 8, 8), np.float32)
    with modules(digits) as program:
        model = program.model.Small().eval()
        program.checkpoint.load(digits / "whole/best.safetensors", model)
        with torch.no_grad():
            expected = model(torch.from_numpy(image)).numpy()
    (found,) = session.run(["logits"], {"image": image})
    assert abs(found - expected).max() < 1e-5 * abs(expected).max()


def test_inputs_and_outputs_may_have_names_that_the_exporter_uses(tmp_path):
    onnx = pytest.importorskip("onnx")
    spec = DIGITS.replace("image", "conv2d").replace('column("conv2d")', 'column("image")') + TRAIN
    spec = spec.replace("logits", "linear")
    folder = compiled(spec, tmp_path)
    trained(folder, "run", 1)
    done = run(folder, "--run", "run", script="export.py")
    assert done.returncode == 0, done.stderr
    graph = onnx.load(folder / "run/export/model.onnx").graph
    assert [v.name for v in (*graph.input, *graph.output)] == ["conv2d", "linear"]


def test_a_run_without_validation_keeps_its_last_weights_as_the_best(tmp_path):
    spec = DIGITS.replace("train=60 %, val=15 %, test=25 %", "train=75 %, test=25 %") + TRAIN
    folder = compiled(spec, tmp_path)
    out = trained(folder, "run", 2)
    with modules(folder) as program:
        best, _ = program.weights.read(out / "best.safetensors")
        last, facts = program.weights.read(out / "last.safetensors")
    assert facts["epoch"] == 2
    assert all((last[name] == value).all() for name, value in best.items())


def test_early_stopping_ends_a_run(tmp_path):
    stop = "early_stop = patience(2 epochs, on=val.accuracy)"
    spec = DIGITS + TRAIN.replace("epochs    = 6", f"epochs    = 9\n  {stop}")
    folder = compiled(spec.replace("lr=1e-2", "lr=1e-9"), tmp_path)
    out = trained(folder, "run", 9)
    with modules(folder) as program:
        _, last = program.weights.read(out / "last.safetensors")
        _, best = program.weights.read(out / "best.safetensors")
    assert last["epoch"] < 9
    assert last["epoch"] - best["epoch"] == 2


@pytest.mark.parametrize("name", ["Run", "data", "Path", "print"])
def test_no_name_of_a_spec_hides_one_of_the_program(name, tmp_path):
    spec = DIGITS + TRAIN
    spec = spec.replace("Small", name).replace("logits", "model").replace("label", "device")
    folder = compiled(spec.replace('column("device")', 'column("target")'), tmp_path)
    trained(folder, "run", 1)


def test_every_file_of_every_spec_is_as_ruff_would_have_it(tmp_path):
    ruff = [sys.executable, "-m", "ruff"]
    for spec in sorted(SPECS.glob("*.dls")):
        folder = compiled(spec.read_text(encoding="utf-8"), tmp_path / spec.stem)
        for command in (["format", "--check"], ["check"]):
            given = [*ruff, *command, "--isolated"]
            done = subprocess.run(given, cwd=folder, capture_output=True, text=True)
            assert done.returncode == 0, done.stdout
