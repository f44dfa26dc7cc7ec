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
PUBLISHED = sorted((HERE.parents[1] / "specs" / "models").glob("*.dls"))
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


@pytest.mark.parametrize(
    "path",
    [p if p.stem == "lstm_lm" else pytest.param(p, marks=pytest.mark.proof) for p in PUBLISHED],
    ids=lambda path: path.stem,
)
def test_ruff_has_nothing_to_say_about_a_published_model(path: Path, tmp_path: Path) -> None:
    """With the rules that it has where nothing is configured."""
    program = check(path).program
    assert program is not None
    for backend in BACKENDS:
        folder = tmp_path / backend
        folder.mkdir()
        for name, text in find(backend).files(program, next(iter(program.trains))).items():
            (folder / name).write_text(text, encoding="utf-8")
        for words in (("format", "--diff"), ("check",)):
            command = [sys.executable, "-m", "ruff", *words, "--isolated", "--quiet", "."]
            done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
            assert done.returncode == 0, f"{backend}\n{done.stdout[:5000]}{done.stderr}"


def test_both_programs_say_the_same(spec: Path) -> None:
    """In what they print, in their errors and in their help; but for the framework's name."""
    torch, keras = (sentences(programs(spec)[backend]["train.py"]) for backend in BACKENDS)
    assert {text.replace("PyTorch", "TensorFlow") for text in torch} == keras


def sentences(text: str) -> set[str]:
    """The strings of more than a word that are no docstrings."""
    tree = ast.parse(text)
    docs = {id(s.value) for s in ast.walk(tree) if isinstance(s, ast.Expr)}
    docs -= {id(tree.body[0].value)}  # printed as the description
    parts = {id(v) for n in ast.walk(tree) if isinstance(n, ast.JoinedStr) for v in n.values}
    found = {
        node.value if isinstance(node, ast.Constant) else ast.unparse(node)
        for node in ast.walk(tree)
        if id(node) not in docs | parts
        and (isinstance(node, ast.JoinedStr) or isinstance(getattr(node, "value", None), str))
        and isinstance(node, ast.Constant | ast.JoinedStr)
    }
    return {sentence for sentence in found if " " in sentence}


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_program_defines_nothing_that_it_does_not_use(spec: Path, backend: str) -> None:
    """Ruff sees unused imports and local names, but not what no module of a folder reads."""
    assert unused(programs(spec)[backend]) == []


def test_what_is_unused_is_found() -> None:
    used = {"a.py": "import b\nfrom c import f\nf(b.X)\n", "b.py": "X = 1\n"}
    own = "def f(): return g()\ndef g(): return G\nG = 1\n"
    assert unused({**used, "c.py": own}) == []
    loop = "\ndef h(): return h()\nclass K: k: K\nG2, G3 = 1, 2\nprint(G3)\n"
    assert unused({**used, "c.py": own + loop}) == ["c.h", "c.K", "c.G2"]
    assert unused({**used, "b.py": "X = Y = 1\n", "c.py": own}) == ["b.Y"]


def unused(files: dict[str, str]) -> list[str]:
    """What a module defines at its top, and neither it, elsewhere, nor another one reads."""
    trees = {n.removesuffix(".py"): ast.parse(t) for n, t in files.items() if n.endswith(".py")}
    read = set()
    for module, tree in trees.items():
        for statement in tree.body:
            own = defined(statement)
            for node in ast.walk(statement):
                match node:
                    case ast.Name(id=name, ctx=ast.Load()) if name not in own:
                        read.add((module, name))
                    case ast.Attribute(value=ast.Name(id=other), attr=name):
                        read.add((other, name))
                    case ast.ImportFrom(module=other, names=names):
                        read |= {(other, alias.name) for alias in names}
    return [
        f"{module}.{name}"
        for module, tree in trees.items()
        for statement in tree.body
        for name in defined(statement)
        if (module, name) not in read
    ]


def defined(statement: ast.stmt) -> list[str]:
    match statement:
        case ast.FunctionDef(name=name) | ast.ClassDef(name=name):
            return [name]
        case ast.Assign() | ast.AnnAssign():
            nodes = ast.walk(statement)
            return [n.id for n in nodes if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)]
    return []
