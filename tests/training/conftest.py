import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))


@pytest.fixture(autouse=True)
def no_bytecode(monkeypatch: pytest.MonkeyPatch) -> None:
    """A file written anew in the same second would be taken for the one before."""
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
