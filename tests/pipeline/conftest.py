"""Specs as text."""

from collections.abc import Callable

import pytest

from dlspec.ir.program import Program
from dlspec.pipeline import Result, check
from dlspec.source import Source


@pytest.fixture
def checked() -> Callable[..., Result]:
    """The result for a text, with `--set`s."""
    return lambda text, *given: check(Source("t.dls", text), given)


@pytest.fixture
def program(checked) -> Callable[..., Program]:
    """The program of a text without errors."""

    def made(text: str, *given: str) -> Program:
        result = checked(text, *given)
        assert result.program is not None, [(d.code, d.title) for d in result.errors]
        return result.program

    return made
