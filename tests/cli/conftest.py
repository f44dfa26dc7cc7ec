"""The command line, run within the test's own process."""

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from dlspec.cli.app import run

SPECS = Path(__file__).parents[2] / "specs"


@dataclass(frozen=True)
class Ran:
    status: int
    out: str
    err: str


@pytest.fixture
def dlspec(capsys, monkeypatch) -> Callable[..., Ran]:
    """Runs a command line, given as its words."""

    def ran(*words: object) -> Ran:
        arguments = [str(w) for w in words]
        monkeypatch.setattr("sys.argv", ["dlspec", *arguments])
        status = run(arguments)
        captured = capsys.readouterr()
        return Ran(status, captured.out, captured.err)

    return ran


@pytest.fixture
def digits() -> Path:
    return SPECS / "digits.dls"


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A spec with its data, and a run of one epoch."""
    folder = tmp_path_factory.mktemp("trained")
    for name in ("wine.dls", "wine.csv"):
        shutil.copy(SPECS / name, folder)
    command = ["train", str(folder / "wine.dls"), "--epochs", "1", "-o"]
    assert run([*command, str(folder / "run")]) == 0
    return folder


@pytest.fixture
def here(tmp_path, monkeypatch) -> Path:
    """An empty working folder."""
    monkeypatch.chdir(tmp_path)
    return tmp_path
