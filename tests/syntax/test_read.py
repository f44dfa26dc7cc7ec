"""Files become sources, or errors that name the file."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from dlspec.diagnostics import SpecError
from dlspec.syntax import read


def failing(path: Path | str) -> tuple[str, str]:
    with pytest.raises(SpecError) as caught:
        read(path)
    (error,) = caught.value.diagnostics
    return error.code, error.title


def test_a_file_is_named_as_it_was_given(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("a.dls").write_bytes("\ufefflet a = 1\r\n# é\n".encode())
    source = read("a.dls")
    assert source.name == "a.dls"
    assert source.text == "let a = 1\r\n# é\n"


def test_a_missing_file(tmp_path: Path) -> None:
    code, title = failing(tmp_path / "none.dls")
    assert code == "DLS001"
    assert title.endswith("none.dls: no such file or directory")


def test_a_folder(tmp_path: Path) -> None:
    assert failing(tmp_path)[0] == "DLS001"


def test_a_path_that_no_file_has() -> None:
    assert failing("a\0b")[0] == "DLS001"


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_an_unreadable_file(tmp_path: Path) -> None:
    path = tmp_path / "a.dls"
    path.touch(mode=0)
    assert failing(path)[0] == "DLS001"


def test_text_that_is_not_utf_8(tmp_path: Path) -> None:
    path = tmp_path / "a.dls"
    path.write_bytes(b"let a = 1 # \xe9\n")
    code, title = failing(path)
    assert code == "DLS002"
    assert "byte 0xe9 at offset 12" in title


def test_an_enormous_file(tmp_path: Path) -> None:
    path = tmp_path / "a.dls"
    with path.open("wb") as file:
        file.truncate(9_000_000)
    assert failing(path)[0] == "DLS003"
