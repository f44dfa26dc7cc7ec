"""The program of each spec, whole, in each backend: text that a person has read.

`programs/SPEC/BACKEND` holds the files of one backend, `programs/SPEC/both` those that are equal
in both.
"""

from __future__ import annotations

import ast
import difflib
import functools
import os
import subprocess
import sys
from itertools import islice
from pathlib import Path

import pytest

from dlspec.backend.registry import find
from dlspec.pipeline import check

HERE = Path(__file__).parent
SPECS = sorted((HERE.parents[1] / "specs").glob("*.dls"))
BACKENDS = ("torch", "keras")
UPDATE = "UPDATE_GOLDENS=1 python -m pytest tests/goldens"
HASH = "0123456789abcdef" * 4  # the IR's own would make every golden move with it


@pytest.fixture(scope="module", params=SPECS, ids=lambda path: path.stem)
def spec(request: pytest.FixtureRequest) -> Path:
    return request.param


@functools.cache
def programs(spec: Path) -> dict[str, dict[str, str]]:
    """Backend -> file -> text, as `dlspec compile specs/NAME.dls -o NAME` would write them."""
    program = check(spec).program
    assert program is not None
    (train,) = program.trains
    return {b: dict(find(b).files(program, train, hash=HASH, folder="../specs")) for b in BACKENDS}


def shared(made: dict[str, dict[str, str]]) -> dict[str, str]:
    """Path below `programs/SPEC` -> text."""
    first, *others = made.values()
    both = {n: t for n, t in first.items() if all(o.get(n) == t for o in others)}
    own = {
        f"{b}/{n}": text for b, texts in made.items() for n, text in texts.items() if n not in both
    }
    return {**{f"both/{n}": text for n, text in both.items()}, **own}


def test_the_program_of_a_spec_is_its_golden(spec: Path) -> None:
    folder, made = HERE / "programs" / spec.stem, shared(programs(spec))
    there = [p for p in folder.rglob("*") if p.is_file() and "__pycache__" not in p.parts]
    kept = {p.relative_to(folder).as_posix(): p.read_text(encoding="utf-8") for p in there}
    if os.environ.get("UPDATE_GOLDENS"):
        for name in kept.keys() - made.keys():
            (folder / name).unlink()
        for name, text in made.items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_text(text, encoding="utf-8")
        return
    found = [difference(n, kept, made) for n in sorted(kept.keys() | made.keys())]
    if made != kept:
        again = f"where the new text is right, accept it: {UPDATE}"
        pytest.fail("\n".join([again, *filter(None, found)]), pytrace=False)


def difference(name: str, kept: dict[str, str], made: dict[str, str]) -> str:
    """The first lines in which a file differs."""
    before, after = (texts.get(name, "").splitlines() for texts in (kept, made))
    lines = difflib.unified_diff(before, after, f"{name} (golden)", f"{name} (made)", "", "", 1, "")
    return "\n".join(islice(lines, 40))


def test_no_golden_is_left_of_a_spec_that_is_gone() -> None:
    folders = {p.parent.name for p in (HERE / "programs").glob("*/both")}
    assert folders == {spec.stem for spec in SPECS}


def test_ruff_has_nothing_to_say_about_a_program_in_its_own_folder(
    spec: Path, tmp_path: Path
) -> None:
    """With its own rules, and nothing of this project's."""
    for backend, texts in programs(spec).items():
        folder = tmp_path / backend
        folder.mkdir()
        for name, text in texts.items():
            (folder / name).write_text(text, encoding="utf-8")
        for words in (("format", "--diff"), ("check", "--extend-select", "I,B,UP,C4,PIE,RET,SIM")):
            command = [sys.executable, "-m", "ruff", *words, "--isolated", "--quiet", "."]
            done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
            assert done.returncode == 0, f"{backend}\n{done.stdout[:5000]}{done.stderr}"


def test_every_constant_of_a_program_is_read(spec: Path) -> None:
    """Ruff sees unused imports and local names, but not what a module sets and no module reads."""
    for backend, texts in programs(spec).items():
        trees = {n: ast.parse(text) for n, text in texts.items() if n.endswith(".py")}
        read = {name for tree in trees.values() for node in ast.walk(tree) for name in reads(node)}
        unread = {
            f"{backend}/{file}: {name}"
            for file, tree in trees.items()
            for node in tree.body
            if isinstance(node, ast.Assign)
            for target in node.targets
            for name in sets(target)
            if name not in read
        }
        assert unread == set()


def sets(target: ast.expr) -> list[str]:
    return [n.id for n in ast.walk(target) if isinstance(n, ast.Name)]


def reads(node: ast.AST) -> list[str]:
    match node:
        case ast.Name(id=name, ctx=ast.Load()) | ast.Attribute(attr=name):
            return [name]
        case ast.alias(name=name):
            return [name]
    return []
