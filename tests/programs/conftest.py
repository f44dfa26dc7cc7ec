"""The blocks of the tests can be imported by name, and files that a spec makes be run."""

import importlib
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))


@pytest.fixture
def run(tmp_path, monkeypatch):
    """Imports files of a program, given by their texts, from a folder of their own."""
    folder = tmp_path / "program"
    folder.mkdir()
    monkeypatch.syspath_prepend(folder)
    # a file written anew in the same second would be taken for the one before
    monkeypatch.setattr(sys, "dont_write_bytecode", True)

    def made(**texts: str):
        for name, text in texts.items():
            (folder / f"{name}.py").write_text(text, encoding="utf-8")
            sys.modules.pop(name, None)
        importlib.invalidate_caches()
        found = [importlib.import_module(name) for name in texts]
        return found[0] if len(found) == 1 else found

    yield made
    for name in ("data", "weights", "recipe", "inputs"):
        sys.modules.pop(name, None)
