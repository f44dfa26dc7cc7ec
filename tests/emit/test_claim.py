"""One process at a time trains in a folder."""

import subprocess
import sys
from pathlib import Path

import pytest

from dlspec.emit.claim import claim
from dlspec.emit.files import Claimed, Unwritable


def test_a_folder_is_held_once_and_until_the_end_of_the_block(tmp_path: Path) -> None:
    folder = tmp_path / "a" / "run"
    with claim(folder):
        with pytest.raises(Claimed), claim(folder):
            pass
        with claim(tmp_path / "other"):
            pass
    with claim(folder):
        pass
    assert list(folder.iterdir()) == []


def test_a_process_that_inherits_it_holds_it_until_it_is_killed(tmp_path: Path) -> None:
    with claim(tmp_path) as held:
        waits = [sys.executable, "-c", "input()"]
        child = subprocess.Popen(waits, stdin=subprocess.PIPE, pass_fds=(held,))
    with pytest.raises(Claimed), claim(tmp_path):
        pass
    child.kill()
    child.communicate()
    with claim(tmp_path):
        pass


def test_what_is_no_folder_cannot_be_held(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("mine")
    for path in (tmp_path / "file", tmp_path / "file" / "run"):
        with pytest.raises(Unwritable), claim(path):
            pass
    assert (tmp_path / "file").read_text() == "mine"
