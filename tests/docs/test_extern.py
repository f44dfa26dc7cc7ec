"""The page on `extern`, as it stands: its modules, its spec, and what its commands print."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

PAGE = Path(__file__).parents[2] / "docs" / "extern.md"


def fences(language: str) -> list[str]:
    return re.findall(rf"(?ms)^```{language}\n(.*?)^```$", PAGE.read_text(encoding="utf-8"))


def written(folder: Path) -> None:
    """The files of the page."""
    spec, _ = fences("dls")
    torch, keras = fences("python")
    (folder / "shop").mkdir()
    (folder / "wine.dls").write_text(spec, encoding="utf-8")
    (folder / "shop" / "parts.py").write_text(torch, encoding="utf-8")
    (folder / "shop" / "parts_keras.py").write_text(keras, encoding="utf-8")


def dlspec(folder: Path, *words: str, path: bool = True) -> subprocess.CompletedProcess[str]:
    here = [str(folder)] if path else []
    env = {**os.environ, "PYTHONPATH": os.pathsep.join([*here, os.environ.get("PYTHONPATH", "")])}
    command = [sys.executable, "-m", "dlspec", *words]
    return subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True, check=False)


@pytest.mark.slow
@pytest.mark.proof
def test_the_page_works_as_it_stands(tmp_path: Path) -> None:
    written(tmp_path)
    for line in fences("sh")[0].splitlines():
        ran = dlspec(tmp_path, *line.split()[2:])
        assert ran.returncode == 0, ran.stderr[-2000:]
    agreed = [line.split() for line in ran.stdout.splitlines() if line.endswith("agrees")]
    assert {words[0] for words in agreed} == {"Keras", "ONNX", "LiteRT"}
    alone = dlspec(tmp_path, "eval", "run", path=False)
    assert alone.returncode == 1 and "PYTHONPATH" in alone.stderr


def test_checking_and_compiling_run_nothing_of_it(tmp_path: Path) -> None:
    written(tmp_path)
    for file in (tmp_path / "shop").iterdir():
        file.write_text("raise SystemExit('it ran')", encoding="utf-8")
    for words in ("check", "summary", "ir --json", "compile -o out"):
        ran = dlspec(tmp_path, *words.split(), "wine.dls")
        assert ran.returncode == 0 and "it ran" not in ran.stdout + ran.stderr
    readme = (tmp_path / "out" / "README.md").read_text(encoding="utf-8")
    assert "PYTHONPATH" in readme and "shop.parts" in readme


@pytest.mark.slow
@pytest.mark.proof
def test_a_backend_that_is_not_named_is_left_out(tmp_path: Path) -> None:
    written(tmp_path)
    spec = tmp_path / "wine.dls"
    text = re.sub(r"  keras = .*\n", "", spec.read_text(encoding="utf-8"))
    spec.write_text(text, encoding="utf-8")
    refused = dlspec(tmp_path, "compile", "wine.dls", "-o", "k", "--backend", "keras")
    assert refused.returncode == 1 and refused.stderr.count("DLS142") == 3
    trained = dlspec(tmp_path, "train", "wine.dls", "-o", "run", "--epochs", "1")
    assert trained.returncode == 0, trained.stderr[-2000:]
    verified = dlspec(tmp_path, "verify", "run")
    assert verified.returncode == 0, verified.stderr[-2000:]
    assert "Keras and LiteRT are left out: `extern Gated` names no function" in verified.stdout
    assert "ONNX Runtime" in verified.stdout and "agrees" in verified.stdout


@pytest.mark.slow
def test_a_program_finds_the_package_on_its_path(tmp_path: Path) -> None:
    written(tmp_path)
    words = ("train", "wine.dls", "-o", "run", "--epochs", "1")
    lost = dlspec(tmp_path, *words, path=False)
    assert lost.returncode == 1 and "PYTHONPATH" in lost.stderr
    assert "val.accuracy" in dlspec(tmp_path, *words).stdout
