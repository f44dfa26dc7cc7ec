"""Whole programs through a strict type checker, with each framework's own types as they are."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from dlspec.backend.registry import find
from dlspec.pipeline import check

TESTS = Path(__file__).parents[1]
SPECS = sorted((TESTS.parent / "specs").rglob("*.dls"))
TRAINED = [p for p in SPECS if re.search(r"^train\b", p.read_text(encoding="utf-8"), re.MULTILINE)]
MODELS = TESTS / "planner" / "goldens"

# PyTorch says that a layer gives anything, and nothing of some of its functions; Keras and
# scikit-learn have no types, so that a tensor of Keras has none either
STRICT = ("--strict", "--config-file", "", "--no-warn-return-any", "--ignore-missing-imports")
GAPS = {
    "torch": ("--allow-untyped-calls",),
    "keras": (
        *("--allow-untyped-calls", "--allow-subclassing-any"),
        *("--allow-untyped-defs", "--allow-incomplete-defs"),
    ),
}


def complaints(backend: str, folder: Path, cache: Path, files: list[str]) -> str:
    """What mypy says of these files of a folder; nothing, if nothing is wrong."""
    command = [sys.executable, "-m", "mypy", *STRICT, *GAPS[backend], "--cache-dir", str(cache)]
    done = subprocess.run(
        [*command, *files], cwd=folder, capture_output=True, text=True, check=False
    )
    return "" if done.returncode == 0 else done.stdout + done.stderr


@pytest.fixture(scope="session")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What mypy keeps of the frameworks' types, for all programs."""
    return tmp_path_factory.mktemp("mypy")


# PyTorch's own types take half a minute to read
@pytest.mark.parametrize("backend", [pytest.param("torch", marks=pytest.mark.proof), "keras"])
@pytest.mark.parametrize(
    "spec",
    [p if p.stem == "lstm_lm" else pytest.param(p, marks=pytest.mark.proof) for p in TRAINED],
    ids=lambda path: path.stem,
)
def test_a_program_has_no_errors_of_type(
    spec: Path, backend: str, tmp_path: Path, cache: Path
) -> None:
    program = check(spec).program
    assert program is not None and program.trains
    for name, text in find(backend).files(program, next(iter(program.trains))).items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    assert complaints(backend, tmp_path, cache, ["."]) == ""


@pytest.mark.proof
@pytest.mark.parametrize("backend", ["torch", "keras"])
def test_models_of_every_kind_have_no_errors_of_type(backend: str, cache: Path) -> None:
    files = sorted(path.name for path in MODELS.glob(f"*_{backend}.py"))
    assert complaints(backend, MODELS, cache, files) == ""


def test_an_error_of_type_is_found(tmp_path: Path, cache: Path) -> None:
    text = "import keras\n\n\nclass A(keras.Model):\n    def f(self, x):\n        return len(3)\n"
    (tmp_path / "model.py").write_text(text)
    assert 'Argument 1 to "len"' in complaints("keras", tmp_path, cache, ["model.py"])
