"""`dlspec train` and `eval`, with PyTorch, in processes of their own."""

import json
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from dlspec.emit.claim import claim

pytestmark = pytest.mark.slow

COMMAND = [sys.executable, "-m", "dlspec"]
LINE = "epoch {}/"


@pytest.fixture
def wine(here, digits) -> Path:
    """A spec with its data beside it, in an empty folder."""
    shutil.copy(digits.parent / "wine.csv", here)
    return Path(shutil.copy(digits.parent / "wine.dls", here))


@pytest.fixture
def wine_run(here: Path, trained: Path) -> Path:
    """The same in the working folder: its spec."""
    return Path(shutil.copytree(trained, here, dirs_exist_ok=True)) / "wine.dls"


def content(folder: Path) -> dict[str, bytes]:
    files = (p for p in folder.rglob("*") if p.is_file() and "__pycache__" not in p.parts)
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in files}


def log(run: Path) -> list[dict]:
    return [json.loads(line) for line in (run / "metrics.jsonl").read_text().splitlines()]


def test_a_run_and_its_evaluation(dlspec, here, wine):
    ran = dlspec("train", "wine.dls", "-o", "run", "--epochs", "4")
    assert ran.status == 0 and ran.err == "" and "with torch: 4 epochs\n" in ran.out
    run = here / "run"
    for name in ("last.safetensors", "best.safetensors", "lock.json", "train.py", "compiled.json"):
        assert (run / name).exists()
    assert [row["epoch"] for row in log(run)] == [1, 2, 3, 4]
    best = min(log(run), key=lambda row: row["val.loss"])
    assert f"best epoch: {best['epoch']}, with val.loss {best['val.loss']:.4f}" in ran.out
    lock = json.loads((run / "lock.json").read_text())
    assert lock["spec"] == json.loads((run / "compiled.json").read_text())["hash"]
    assert lock["data"]["rows"] == {"train": 107, "val": 35, "test": 36}

    found = json.loads(dlspec("eval", "run", "--json").out)
    own = [sys.executable, str(run / "train.py"), "--eval", "test"]
    assert found == json.loads(subprocess.run(own, capture_output=True, check=True).stdout)
    assert f"accuracy  {found['accuracy']:.4f}" in dlspec("eval", "run").out


def test_resume_goes_on_and_ends_with_the_same_bits(dlspec, here, wine):
    assert dlspec("train", "wine.dls", "-o", "whole", "--epochs", "3").status == 0
    assert dlspec("train", "wine.dls", "-o", "run", "--resume", "--epochs", "1").status == 0
    assert dlspec("train", "wine.dls", "-o", "run", "--resume", "--epochs", "3").status == 0
    for name in ("last.safetensors", "best.safetensors"):
        assert (here / "run" / name).read_bytes() == (here / "whole" / name).read_bytes()
    assert log(here / "run") == log(here / "whole")


def test_a_run_is_left_alone_while_another_process_trains_in_it(dlspec, here, wine):
    with claim(here / "run"):
        for words in ((), ("--resume",), ("--force",)):
            ran = dlspec("train", "wine.dls", "-o", "run", "--epochs", "1", *words)
            assert ran.status == 2 and "another process trains in run" in ran.err
        assert content(here / "run") == {}


@pytest.mark.parametrize("backend", ["torch", "keras"])
def test_a_program_by_itself_leaves_the_run_of_another_process_alone(dlspec, here, wine, backend):
    assert dlspec("compile", "wine.dls", "-o", "run", "--backend", backend).status == 0
    (here / "run" / "last.safetensors").write_bytes(b"of the other process")
    before = content(here / "run")
    alone = [sys.executable, here / "run" / "train.py", "--overwrite"]
    with claim(here / "run"):
        ran = subprocess.run(alone, capture_output=True, text=True)
    assert ran.returncode == 1
    assert ran.stderr.endswith(f"error: another process trains in {here / 'run'}\n")
    assert content(here / "run") == before


def test_a_run_is_not_started_again_by_mistake(dlspec, here, wine_run):
    before = (here / "run" / "last.safetensors").read_bytes()
    ran = dlspec("train", "wine.dls", "-o", "run", "--epochs", "1")
    assert ran.status == 2 and "--resume" in ran.err and "--force" in ran.err
    assert (here / "run" / "last.safetensors").read_bytes() == before
    assert dlspec("train", "wine.dls", "-o", "run", "--resume", "--force").status == 2
    again = dlspec("train", "wine.dls", "-o", "run", "--epochs", "1", "--force")
    assert again.status == 0 and "with torch: 1 epoch\n" in again.out


@pytest.mark.parametrize(
    ("old", "new", "differs"),
    [
        ("Dense(width)", "Dense(width + 1)", "model"),
        ("lr=5e-3", "lr=6e-3", "optimizer"),
        ("train=60 %, val=20 %", "train=70 %, val=10 %", "data"),
        ("batch      = 16", "batch = 8", "batch"),
    ],
)
def test_a_run_of_another_spec_does_not_go_on(dlspec, here, wine_run, old, new, differs):
    before = {p.name: p.read_bytes() for p in (here / "run").iterdir() if p.is_file()}
    text = wine_run.read_text()
    assert old in text
    wine_run.write_text(text.replace(old, new))
    ran = dlspec("train", "wine.dls", "-o", "run", "--resume")
    assert ran.status == 1 and f"they differ in: {differs}" in ran.err
    assert {p.name: p.read_bytes() for p in (here / "run").iterdir() if p.is_file()} == before


def test_other_metrics_exports_and_comments_go_on(dlspec, here, wine_run):
    text = wine_run.read_text()
    text = text.replace("Accuracy(logits, cultivar), ", "").replace("export {", "# {")
    wine_run.write_text(text.split("# {")[0])
    assert dlspec("train", "wine.dls", "-o", "run", "--resume", "--epochs", "2").status == 0
    assert "val.accuracy" in log(here / "run")[0] and "val.accuracy" not in log(here / "run")[1]


@pytest.mark.parametrize("stopped", [False, True])
def test_a_run_at_its_end_says_so_and_stays_as_it_is(dlspec, here, wine, stopped):
    if stopped:
        wine.write_text(wine.read_text().replace("patience(10 epochs", "patience(1 epoch"))
        wine.write_text(wine.read_text().replace("lr=5e-3", "lr=5.0"))  # soon gets worse
    words = ("train", "wine.dls", "-o", "run", "--epochs", "30" if stopped else "2")
    dlspec(*words)
    before = content(here / "run")
    ran = dlspec(*words, "--resume")
    assert (ran.status, ran.err) == (0, "") and "training" not in ran.out
    how = "no better val.loss since epoch" if stopped else "2 of 2 epochs; a greater --epochs"
    assert "nothing to train" in ran.out and how in ran.out
    assert content(here / "run") == before


def test_another_early_stop_begins_the_best_anew(dlspec, here, wine):
    """A loss of 0.3 is not beaten by an accuracy of 0.9, where the highest is the best."""
    dlspec("train", "wine.dls", "-o", "run", "--epochs", "3")
    wine.write_text(wine.read_text().replace("on=val.loss", "on=val.accuracy"))
    ran = dlspec("train", "wine.dls", "-o", "run", "--resume", "--epochs", "5")
    assert ran.status == 0
    measures = "by the highest val.accuracy of logits, cultivar, no more by the lowest val.loss"
    assert f"sought anew, {measures}\n" in ran.out
    later = log(here / "run")[3:]
    best = max(later, key=lambda row: row["val.accuracy"])
    said = f"best epoch: {best['epoch']}, with val.accuracy {best['val.accuracy']:.4f}"
    assert said in ran.out
    again = dlspec("train", "wine.dls", "-o", "run", "--resume", "--epochs", "6")
    assert again.status == 0 and "anew" not in again.out


@pytest.mark.parametrize("count", ["0", "-1", "many", "1.5", str(10**30)])
def test_epochs_are_a_number_that_a_run_may_have(dlspec, here, wine, count):
    ran = dlspec("train", "wine.dls", "-o", "run", f"--epochs={count}")
    assert ran.status == 2 and "--epochs" in ran.err and not (here / "run").exists()


@pytest.mark.parametrize("backend", ["torch", pytest.param("keras", marks=pytest.mark.tensorflow)])
def test_a_gpu_that_is_not_there_is_missed_before_anything_is_written(
    dlspec, here, wine, monkeypatch, backend
):
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "-1")
    words = ("train", "wine.dls", "-o", "run", "--backend", backend)
    ran = dlspec(*words, "--device", "cuda")
    assert ran.status == 2 and "DLS655" in ran.err and "has no GPU" in ran.err
    assert not (here / "run").exists()


def test_ctrl_c_leaves_a_checkpoint(here, wine):
    text = wine.read_text().replace("epochs     = 40", "epochs = 100000")
    wine.write_text(text.replace("patience(10 epochs", "patience(100000 epochs"))
    command = [*COMMAND, "train", "wine.dls", "-o", "run"]
    child = subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    assert child.stdout is not None
    for line in child.stdout:
        if line.startswith(LINE.format(3)):
            break
    os.killpg(child.pid, signal.SIGINT)  # as a terminal does
    _, said = child.communicate(timeout=600)
    assert child.returncode == 130
    assert "--resume goes on" in said and "Traceback" not in said
    assert len(log(here / "run")) >= 3
    resumed = [*command, "--resume", "--epochs", str(len(log(here / "run")) + 1)]
    assert subprocess.run(resumed, capture_output=True).returncode == 0


def test_what_the_program_says_of_its_data_is_the_error(dlspec, here, wine):
    rows = (here / "wine.csv").read_text().splitlines()
    rows[5] = rows[5].replace(rows[5].split(",")[0], "", 1)
    (here / "wine.csv").write_text("\n".join(rows) + "\n")
    ran = dlspec("train", "wine.dls", "-o", "run")
    assert ran.status == 1 and "DLS653" in ran.err and "alcohol" in ran.err
    assert "Traceback" not in ran.err
    (here / "wine.csv").unlink()
    ran = dlspec("train", "wine.dls", "-o", "run")
    assert ran.status == 1 and "wine.csv" in ran.err


def test_a_checkpoint_cut_short_is_a_sentence_and_stays(dlspec, here, wine_run):
    for name in ("last.safetensors", "best.safetensors"):
        path = here / "run" / name
        path.write_bytes(path.read_bytes()[:-100])
    cut = (here / "run" / "last.safetensors").read_bytes()
    for ran in (dlspec("train", "wine.dls", "-o", "run", "--resume"), dlspec("eval", "run")):
        assert ran.status == 1 and "DLS648" in ran.err and "safetensors" in ran.err
        assert "help: put a copy back in its place, or begin anew" in ran.err
        assert "Traceback" not in ran.err
    assert (here / "run" / "last.safetensors").read_bytes() == cut


def test_classes_that_only_the_data_tells(dlspec, here, wine):
    text = wine.read_text().replace("class[3]", "class").replace("width:", "classes: int, width:")
    wine.write_text(text.replace("Dense(3)", "Dense(classes)").replace("f32[3]", "f32[classes]"))
    assert dlspec("train", "wine.dls", "-o", "run", "--epochs", "1").status == 0
    assert "Linear(48, 3)" in (here / "run" / "model.py").read_text()
    assert dlspec("eval", "run").status == 0
    assert dlspec("train", "wine.dls", "-o", "run", "--resume", "--epochs", "2").status == 0
    lock = json.loads((here / "run" / "lock.json").read_text())
    assert lock["data"]["classes"] == {"cultivar": ["barbera", "barolo", "grignolino"]}
    assert dlspec("compile", "wine.dls", "-o", "c", "--lock", "run/lock.json").status == 0


def test_a_split_without_test_rows_has_nothing_to_evaluate(dlspec, here, wine):
    text = wine.read_text().replace("train=60 %, val=20 %, test=20 %", "train=80 %, val=20 %")
    wine.write_text(text)
    assert dlspec("train", "wine.dls", "-o", "run", "--epochs", "1").status == 0
    ran = dlspec("eval", "run")
    assert ran.status == 1 and "has no test rows" in ran.err
