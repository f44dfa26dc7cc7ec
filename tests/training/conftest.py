import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))


@pytest.fixture(autouse=True)
def no_bytecode(monkeypatch: pytest.MonkeyPatch) -> None:
    """A file written anew in the same second would be taken for the one before."""
    monkeypatch.setattr(sys, "dont_write_bytecode", True)


@pytest.fixture(autouse=True)
def keras_in_32_bits() -> Iterator[None]:
    """A program that trains in 16 bits says so for its whole process."""
    yield
    if keras := sys.modules.get("keras"):
        keras.config.set_dtype_policy("float32")
