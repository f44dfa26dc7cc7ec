"""What docs/tools.md shows is what the commands print, with `...` for what is left out."""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "tools.md").read_text(encoding="utf-8")


def shown() -> list[tuple[str, str]]:
    """Each command of the page with what it is said to print."""
    found = []
    for block in re.findall(r"^```console\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL):
        for part in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
            command, _, printed = part.partition("\n")
            found.append((command, printed))
    return found


def pattern(printed: str) -> str:
    """Lines as they are, and any number of lines for `...`."""
    lines = [r"(?:.*\n)*?" if ln == "..." else re.escape(ln) + r"\n" for ln in printed.splitlines()]
    return "".join(lines) + r"\n*"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    shutil.copytree(ROOT / "specs", tmp_path / "specs")
    return tmp_path


@pytest.mark.parametrize(("command", "printed"), shown(), ids=[c for c, _ in shown()])
def test_command_prints_what_the_page_shows(command: str, printed: str, folder: Path) -> None:
    program, *words = shlex.split(command)
    assert program == "dlspec"
    ran = subprocess.run(
        [sys.executable, "-m", "dlspec", *words], cwd=folder, capture_output=True, text=True
    )
    assert ran.returncode == 0, ran.stderr
    assert re.fullmatch(pattern(printed), ran.stdout), ran.stdout


def test_the_python_runs_and_prints_what_its_comments_say(folder: Path) -> None:
    code = "".join(re.findall(r"^```python\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL))
    ran = subprocess.run([sys.executable, "-c", code], cwd=folder, capture_output=True, text=True)
    assert ran.returncode == 0, ran.stderr
    assert ran.stdout.splitlines() == re.findall(r"^ *print\(.*\)  # (.*)$", code, re.MULTILINE)
    assert (folder / "digits.svg").exists() and (folder / "run" / "model.py").exists()


def test_another_output_is_found() -> None:
    assert re.fullmatch(pattern("a\n...\nb\n"), "a\n1\n2\nb\n")
    assert not re.fullmatch(pattern("a\n...\nb\n"), "a\n1\n2\nc\n")
    assert not re.fullmatch(pattern("a\n"), "a\nb\n")
