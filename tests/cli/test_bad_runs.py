"""Runs that fail or are not what they seem: nothing overwritten, nothing lost."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from dlspec.cli.app import run
from dlspec.programs.verbatim import store

pytestmark = pytest.mark.slow

SPECS = Path(__file__).parents[2] / "specs"
PREDICT = ("predict", "run", "--input", "wine.csv")
RESUME = ("train", "wine.dls", "-o", "run", "--resume", "--epochs", "2")
READERS = (("eval", "run"), ("export", "run"), ("verify", "run"), PREDICT)


@pytest.fixture(scope="module")
def made(trained: Path) -> Path:
    """A spec with its data, a run of one epoch, and one of a wider model."""
    command = ["train", str(trained / "wine.dls"), "--epochs", "1", "-o", str(trained / "other")]
    assert run([*command, "--set", "Wine.width=32"]) == 0
    return trained


@pytest.fixture
def wine(here: Path, made: Path) -> Path:
    """The same in the working folder."""
    return Path(shutil.copytree(made, here, dirs_exist_ok=True))


def content(folder: Path) -> dict[str, bytes]:
    files = (p for p in folder.rglob("*") if p.is_file() and "__pycache__" not in p.parts)
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in files}


def test_a_folder_with_something_else_is_left_alone(dlspec, here, wine):
    (here / "mine").mkdir()
    (here / "mine" / "last.txt").write_text("mine")
    ran = dlspec("train", "wine.dls", "-o", "mine", "--epochs", "1")
    assert ran.status == 2 and "DLS600" in ran.err
    assert content(here / "mine") == {"last.txt": b"mine"}


def test_a_full_disk_loses_no_epoch(dlspec, here, wine):
    full = Path("/dev/full")
    if not full.exists():
        pytest.skip("needs /dev/full")
    assert dlspec("train", "wine.dls", "-o", "whole", "--epochs", "2").status == 0
    weights = {n: (here / "run" / n).read_bytes() for n in ("best.safetensors", "last.safetensors")}
    for name in weights:
        (here / "run" / f"{name}.part").symlink_to(full)  # where it is written first
    ran = dlspec("train", "wine.dls", "-o", "run", "--resume", "--epochs", "2")
    assert ran.status == 2 and "DLS603" in ran.err and "Traceback" not in ran.err
    assert {n: (here / "run" / n).read_bytes() for n in weights} == weights
    for path in (here / "run").glob("*.part"):
        path.unlink()  # of the file that was not reached
    assert dlspec("train", "wine.dls", "-o", "run", "--resume", "--epochs", "2").status == 0
    for name in (*weights, "metrics.jsonl", "lock.json"):
        assert (here / "run" / name).read_bytes() == (here / "whole" / name).read_bytes(), name


def test_data_that_changed_after_training(dlspec, here, wine):
    text = (here / "wine.csv").read_text()
    (here / "wine.csv").write_text(text.replace("hue", "colour", 1))
    before = content(here / "run")
    resume = ("train", "wine.dls", "-o", "run", "--resume", "--epochs", "2")
    for words in (("eval", "run"), resume):
        ran = dlspec(*words)
        assert ran.status == 1 and "DLS653" in ran.err and "no column 'hue'" in ran.err
        assert "wine.dls:7:24" in ran.err and "Traceback" not in ran.err
        assert content(here / "run") == before


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("1.71,2.43", "1.72,2.43", "as many rows as before"),
        ("14.23,1.71,2.43,15.6,127,2.8,3.06,0.28,2.29,5.64,1.04,3.92,1065,barolo\n", "", "177"),
    ],
)
def test_a_run_does_not_go_on_with_other_values(dlspec, here, wine, old, new, said):
    text = (here / "wine.csv").read_text()
    assert old in text
    (here / "wine.csv").write_text(text.replace(old, new, 1))
    (here / "wine.dls").write_text((here / "wine.dls").read_text() + "\n# a comment\n")
    before = content(here / "run")
    ran = dlspec("train", "wine.dls", "-o", "run", "--resume", "--epochs", "2")
    assert ran.status == 1 and "DLS654" in ran.err and "wine.dls:3:12" in ran.err
    assert said.replace("177", "106 train") in ran.err and "--force" in ran.err
    assert content(here / "run") == before
    assert dlspec("train", "wine.dls", "-o", "run", "--force", "--epochs", "1").status == 0


@pytest.mark.parametrize("name", ["best.safetensors", "last.safetensors"])
def test_the_weights_of_another_model_are_refused_and_kept(dlspec, here, wine, name):
    shutil.copy(here / "other" / name, here / "run" / name)
    before = content(here / "run")
    resume = ("train", "wine.dls", "-o", "run", "--resume", "--epochs", "2")
    ran = dlspec(*(("eval", "run") if name.startswith("best") else resume))
    assert ran.status == 1 and "DLS648" in ran.err and f"{name} is of another program" in ran.err
    assert content(here / "run") == before


def test_weights_that_cannot_be_read_are_the_same_error_everywhere(dlspec, here, wine):
    path = here / "run" / "best.safetensors"
    path.write_bytes(path.read_bytes()[:200])
    for words in READERS:
        ran = dlspec(*words)
        assert ran.status == 1 and "DLS648" in ran.err and "run/best.safetensors" in ran.err
        assert "put a copy back in its place" in ran.err


def test_compiling_another_spec_leaves_a_run_as_it_is(dlspec, here, wine):
    before = content(here / "run")
    ran = dlspec("compile", "wine.dls", "-o", "run", "--set", "Wine.width=24")
    assert ran.status == 1 and "DLS645" in ran.err and "they differ in: model" in ran.err
    assert content(here / "run") == before
    spec = here / "wine.dls"
    spec.write_text(re.sub(r"epochs += ", "epochs = 1", spec.read_text()))
    assert dlspec("compile", "wine.dls", "-o", "run").status == 0


def test_a_lost_lock_file_is_missed_and_comes_back(dlspec, here, wine):
    before, whole = content(here / "run"), dlspec(*PREDICT)
    (here / "run" / "lock.json").unlink()
    for words in READERS:
        ran = dlspec(*words)
        assert ran.status == 2 and "DLS656" in ran.err and "run/lock.json" in ran.err
    assert dlspec("train", "wine.dls", "-o", "run", "--resume", "--epochs", "1").status == 0
    assert content(here / "run") == before
    assert dlspec(*PREDICT) == whole and whole.out.startswith("cultivar,cultivar=barbera,")


@pytest.mark.parametrize(
    ("text", "code"), [("{}", "DLS650"), ("[", "DLS650"), ('{"format": 99}', "DLS644")]
)
def test_a_damaged_lock_file_is_the_same_error_everywhere(dlspec, here, wine, text, code):
    (here / "run" / "lock.json").write_text(text)
    for words in (*READERS, RESUME):
        ran = dlspec(*words)
        assert ran.status == 2 and code in ran.err and "run/lock.json" in ran.err


def test_a_matrix_is_headed_by_the_names_of_the_classes(dlspec, here, wine):
    text = (here / "wine.dls").read_text()
    metrics = "Accuracy(logits, cultivar), "
    assert metrics in text
    text = text.replace(metrics, f"{metrics}ConfusionMatrix(logits, cultivar), ")
    (here / "wine.dls").write_text(text)
    assert dlspec("train", "wine.dls", "-o", "matrix", "--epochs", "1").status == 0
    lines = dlspec("eval", "matrix").out.splitlines()
    head = lines.index("confusion_matrix: rows are true classes, columns predicted ones") + 1
    assert lines[head].split() == ["barbera", "barolo", "grignolino"]
    assert [line.split()[0] for line in lines[head + 2 :]] == ["barbera", "barolo", "grignolino"]


@pytest.mark.parametrize("facts", [{"bogus": 1}, {"epoch": "x"}])
def test_a_header_of_a_checkpoint_that_makes_no_sense(dlspec, here, wine, facts):
    for name in ("best.safetensors", "last.safetensors"):
        tensors, header = store.read(here / "run" / name)
        store.write(here / "run" / name, tensors, header | facts)
    for words, name in ((("eval", "run"), "best"), (RESUME, "last")):
        ran = dlspec(*words)
        said = f"run/{name}.safetensors does not say where its run stands"
        assert ran.status == 1 and "DLS648" in ran.err and said in ran.err
    own = [sys.executable, here / "run" / "train.py", "--eval", "test"]
    alone = subprocess.run(own, capture_output=True, text=True)
    assert alone.returncode == 1 and alone.stderr.startswith("error: ")


def test_a_damaged_log_does_not_keep_a_run_from_going_on(dlspec, here, wine):
    log = here / "run" / "metrics.jsonl"
    log.write_text("{damaged\n" + log.read_text())
    ran = dlspec(*RESUME)
    assert ran.status == 0 and "metrics.jsonl, line 1 is damaged, and left out" in ran.out
    assert [json.loads(line)["epoch"] for line in log.read_text().splitlines()] == [1, 2]


def test_a_broken_spec_of_a_run_is_not_taken_for_its_own(dlspec, here, wine):
    path = here / "run" / "spec.dls"
    path.write_text("data = = 1\n" + path.read_text())
    for words in READERS:
        ran = dlspec(*words)
        assert ran.status == 1 and "run/spec.dls:1:" in ran.err and " wine.dls:" not in ran.err


def test_another_spec_in_a_run_is_noticed_and_compiling_mends_it(dlspec, here, wine):
    path = here / "run" / "spec.dls"
    text = path.read_text()
    path.write_text(text.replace("width: int = 16", "width: int = 20"))
    assert path.read_text() != text
    for words in READERS:
        ran = dlspec(*words)
        assert ran.status == 2 and "DLS657" in ran.err and "run/spec.dls" in ran.err
    ran = dlspec(*RESUME)
    assert ran.status == 2 and "DLS601" in ran.err and "`dlspec compile --force`" in ran.err
    assert dlspec("compile", "wine.dls", "-o", "run", "--force").status == 0
    assert path.read_text() == text and dlspec("eval", "run").status == 0
    path.write_text(f"# a comment\n{text}")
    assert dlspec("eval", "run").status == 0


@pytest.mark.parametrize("text", [None, "{"])
def test_a_run_without_its_list_of_files_goes_on(dlspec, here, wine, text):
    path = here / "run" / ".dlspec.json"
    path.unlink() if text is None else path.write_text(text)
    before = content(here / "run")
    for words in (RESUME, ("compile", "wine.dls", "-o", "run")):
        ran = dlspec(*words)
        assert ran.status == 2 and "DLS604" in ran.err and "run/.dlspec.json is" in ran.err
        assert "`dlspec compile SPEC -o run --force`" in ran.err
        assert content(here / "run") == before
    assert dlspec("compile", "wine.dls", "-o", "run", "--force").status == 0
    ran = dlspec(*RESUME)
    assert ran.status == 0 and "epoch 2/2" in ran.out


def test_a_run_without_a_part_of_its_program(dlspec, here, wine):
    (here / "run" / "train.py").unlink()
    for words in READERS:
        ran = dlspec(*words)
        assert ran.status == 2 and "DLS643" in ran.err and "it has no train.py" in ran.err
    assert dlspec(*RESUME).status == 0 and dlspec("eval", "run").status == 0


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_that_may_not_be_written(dlspec, here, wine):
    (here / "locked").mkdir(mode=0o500)
    ran = dlspec("train", "wine.dls", "-o", "locked", "--epochs", "1")
    assert ran.status == 2 and "DLS602" in ran.err


def test_predictions_are_not_written_over_what_is_read(dlspec, here, wine):
    before = content(here)
    ran = dlspec(*PREDICT, "-o", here / "run" / ".." / "wine.csv")
    assert ran.status == 2 and "DLS602" in ran.err and "it is what is read" in ran.err
    assert content(here) == before


@pytest.mark.parametrize("command", ["export", "verify"])
def test_a_run_that_may_not_be_written_is_said_before_any_work(dlspec, here, wine, command):
    if command == "export":
        (here / "run" / "export").write_text("no folder")
    else:
        (here / "run" / "verify.json").mkdir()
    before = content(here / "run")
    ran = dlspec(command, "run")
    assert ran.status == 2 and "DLS602" in ran.err and "cannot write" in ran.err
    assert content(here / "run") == before


def test_a_verdict_that_cannot_be_written_is_no_mistake_of_ours(dlspec, here, wine, monkeypatch):
    verdict = SimpleNamespace(to_json=lambda: "{}")
    monkeypatch.setattr("dlspec.cli.verify.verify", lambda *_: verdict)
    (here / "run" / "verify.json").mkdir()
    ran = dlspec("verify", "run")
    assert ran.status == 2 and "DLS602" in ran.err and "verify.json" in ran.err
