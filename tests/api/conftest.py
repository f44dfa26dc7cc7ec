"""Specs in a folder of their own."""

from collections.abc import Callable
from pathlib import Path

import pytest

import dlspec

SPECS = Path(__file__).parents[2] / "specs"


@pytest.fixture
def here(tmp_path, monkeypatch) -> Path:
    """An empty working folder."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def spec(here) -> Callable[..., dlspec.Spec]:
    """A spec of a text, loaded from the working folder."""

    def loaded(text: str, **options: object) -> dlspec.Spec:
        (here / "net.dls").write_text(text)
        return dlspec.load("net.dls", **options)

    return loaded


@pytest.fixture
def digits() -> dlspec.Spec:
    return dlspec.load(SPECS / "digits.dls")
