"""A spec from a stranger: no name and no string of it becomes code of the generated program."""

from __future__ import annotations

import random
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from string import ascii_letters

import pytest
from alpha import differences
from hostile import NAMES, ROLES, STRINGS, clean_texts, hostile_texts, spec

from dlspec.backend.registry import find
from dlspec.ir.program import Program
from dlspec.pipeline import check
from dlspec.source import Source

BACKENDS = ("torch", "keras")
FEW, MANY = 6, 120
NUMBER_OF_CLASSES = 3


def checked(names: Mapping[str, str], texts: Mapping[str, str], file: str) -> Program | None:
    return check(Source(file, spec(dict(names), dict(texts)))).program


def files(program: Program, backend: str, classes: list[str], folder: str) -> dict[str, str]:
    ((name, train),) = program.trains.items()
    (label,) = program.data[train.data].unknown_classes
    found = find(backend).files(
        program, name, hash="0" * 64, folder=folder, classes={label: classes}
    )
    return {n: t for n, t in found.items() if n.endswith(".py")}


def clean(names: Mapping[str, str]) -> dict[str, dict[str, str]]:
    """The files of both backends for a harmless spec with names as long as these, which decides
    where lines break and what stands on a line of its own."""
    alike = {}
    for i, (role, name) in enumerate(names.items()):
        start = role[0] + "q" + ascii_letters[i]
        alike[role] = start + "x" * (len(name) - len(start))
    program = checked(alike, clean_texts(), "clean.dls")
    assert program is not None
    classes = [f"class {i}" for i in range(NUMBER_OF_CLASSES)]
    return {b: files(program, b, classes, "..") for b in BACKENDS}


def hostile(chance: random.Random) -> tuple[dict[str, str], dict[str, dict[str, str]]]:
    """The names, and the files of both backends, of a spec with hostile text at every place that
    allows it."""
    texts = hostile_texts(chance)
    file = chance.choice(STRINGS).replace("/", "_").replace("\x00", "") + ".dls"
    names = {role: role for role in ROLES}
    program = checked(names, texts, file)
    assert program is not None, "text that stands in strings and comments is never an error"
    wanted = dict(
        zip(chance.sample(ROLES, len(ROLES)), chance.sample(NAMES, len(ROLES)), strict=True)
    )
    for role, name in wanted.items():
        other = checked({**names, role: name}, texts, file)
        if other is not None:
            names[role], program = name, other
    classes = chance.sample(STRINGS, NUMBER_OF_CLASSES)
    folder = "../" + chance.choice(STRINGS).replace("\x00", "")
    return names, {b: files(program, b, classes, folder) for b in BACKENDS}


def ours(name: str) -> bool:
    """Whether an identifier of the clean program comes from the spec."""
    return "zq" in name.lower()


def tried(rounds: int, seed: str, folder: Path) -> list[str]:
    """What is wrong with the programs of some hostile specs."""
    found = []
    for i in range(rounds):
        names, made = hostile(random.Random(f"{seed} {i}"))
        harmless = clean(names)
        for backend in BACKENDS:
            for name, text in made[backend].items():
                changed = differences(harmless[backend][name], text, ours)
                found += [f"{i} {backend} {name}: {d}" for d in changed]
                path = folder / str(i) / backend / name
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(text, encoding="utf-8")
    return found + ruff(folder, "format", "--check") + ruff(folder, "check", "--select=F,E9")


def ruff(folder: Path, *command: str) -> list[str]:
    """What ruff says of a folder without any configuration."""
    done = subprocess.run(
        [sys.executable, "-m", "ruff", *command, "--isolated", "--quiet", "."],
        cwd=folder,
        capture_output=True,
        text=True,
    )
    return [done.stdout + done.stderr] if done.returncode else []


def test_a_hostile_spec_gives_the_code_of_a_clean_one(tmp_path: Path) -> None:
    assert tried(FEW, "few", tmp_path) == []


@pytest.mark.proof
def test_many_hostile_specs_give_the_code_of_a_clean_one(tmp_path: Path) -> None:
    assert tried(MANY, "many", tmp_path) == []


@pytest.mark.parametrize(
    ("text", "same"),
    [
        ("import os\n\ndef f(b):\n    c = g(b)\n    return c\n", True),
        ("import os\n\ndef f(os):\n    c = g(os)\n    return c\n", True),
        ("import os\n\ndef f(b):\n    os.system('id')\n    c = g(b)\n    return c\n", False),
        ("import os\n\ndef f(b):\n    c = h(b)\n    return c\n", False),
        ("import os\n\ndef f(g):\n    c = g(g)\n    return c\n", False),
        ("import os\n\ndef f(c):\n    c = g(c)\n    return c\n", False),
        ("import sys\n\ndef f(b):\n    c = g(b)\n    return c\n", False),
        ("import os\n\ndef f(class):\n    c = g(class)\n    return c\n", False),
    ],
)
def test_the_comparison_sees_other_code(text: str, same: bool) -> None:
    before = "import os\n\ndef f(zqa):\n    zqb = g(zqa)\n    return zqb\n"
    assert (differences(before, text, ours) == []) is same
