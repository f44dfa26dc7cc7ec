"""Ruff, as the judge of what the writer prints."""

import subprocess
import sysconfig
from collections.abc import Callable
from pathlib import Path

import pytest

RUFF = Path(sysconfig.get_path("scripts")) / "ruff"


def _formatted(text: str, width: int = 88) -> str:
    command = [RUFF, "format", "--isolated", f"--line-length={width}", "-"]
    done = subprocess.run(command, input=text.encode(), capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode() + text
    return done.stdout.decode()


def _complaints(folder: Path, rules: str = "E4,E7,E9,F,I") -> str:
    command = [RUFF, "check", "--isolated", "--no-cache", f"--select={rules}", "."]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    return "" if done.returncode == 0 else done.stdout


@pytest.fixture(scope="session")
def formatted() -> Callable[..., str]:
    """What `ruff format` makes of a text."""
    return _formatted


@pytest.fixture(scope="session")
def complaints() -> Callable[..., str]:
    """What `ruff check` has to say about a folder."""
    return _complaints
