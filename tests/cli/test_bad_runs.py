"""Runs that fail or are not what they seem: nothing overwritten, nothing lost."""

import os
import shutil
from pathlib import Path

import pytest

from dlspec.cli.app import run

pytestmark = pytest.mark.slow

SPECS = Path(__file__).parents[2] / "specs"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A spec with its data, a run of one epoch, and one of a wider model."""
    folder = tmp_path_factory.mktemp("made")
    for name in ("wine.dls", "wine.csv"):
        shutil.copy(SPECS / name, folder)
    command = ["train", str(folder / "wine.dls"), "--epochs", "1", "-o"]
    assert run([*command, str(folder / "run")]) == 0
    assert run([*command, str(folder / "other"), "--set", "Wine.width=32"]) == 0
    return folder


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


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_that_may_not_be_written(dlspec, here, wine):
    (here / "locked").mkdir(mode=0o500)
    ran = dlspec("train", "wine.dls", "-o", "locked", "--epochs", "1")
    assert ran.status == 2 and "DLS602" in ran.err
