"""What the tests of the syntax share: the example specs, and trees without their spans."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from dlspec.diagnostics import Diagnostic
from dlspec.source import Source
from dlspec.syntax import parse, tree

EXAMPLES = {path.stem: path for path in sorted((Path(__file__).parent / "data").glob("*.dls"))}


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "example" in metafunc.fixturenames:
        metafunc.parametrize("example", EXAMPLES.values(), ids=EXAMPLES.keys(), indirect=True)


@pytest.fixture
def example(request: pytest.FixtureRequest) -> Source:
    path: Path = request.param
    return Source(path.name, path.read_text(encoding="utf-8"))


@pytest.fixture(scope="session")
def examples() -> list[str]:
    return [path.read_text(encoding="utf-8") for path in EXAMPLES.values()]


def shape_of(node: Any) -> Any:
    """A node as nested lists of its class and parts, without spans."""
    if isinstance(node, tuple):
        return [shape_of(item) for item in node]
    if not dataclasses.is_dataclass(node):
        return node
    hidden = ("span", "op_span", "source")
    names = [f.name for f in dataclasses.fields(node) if f.name not in hidden]
    return [type(node).__name__, *(shape_of(getattr(node, name)) for name in names)]


@pytest.fixture(scope="session")
def shape() -> Callable[[Any], Any]:
    return shape_of


@pytest.fixture(scope="session")
def statements() -> Callable[[str], tuple[tree.Statement, ...]]:
    """The statements of a text that has no errors."""

    def parsed(text: str) -> tuple[tree.Statement, ...]:
        file, errors = parse(Source("test.dls", text))
        assert not errors, [str(error.span) + error.title for error in errors]
        return file.statements

    return parsed


@pytest.fixture(scope="session")
def errors() -> Callable[[str], list[Diagnostic]]:
    def found(text: str) -> list[Diagnostic]:
        return parse(Source("test.dls", text))[1]

    return found
