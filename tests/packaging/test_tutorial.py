"""The commands of the tutorial, in order and as they stand there, with the wheel for what pip would
bring."""

import re
import shlex
from pathlib import Path

import pytest

pytestmark = [pytest.mark.slow, pytest.mark.proof]

PAGE = Path(__file__).parents[2] / "docs" / "tutorial.md"
SPEC = "flowers.dls"
MISTAKES = (("class[3]", "class[4]"), ("ReLU -> Dense(width)", "ReLU -> Densse(width)"))
"""What section 2 says to write, and to undo."""


def fences() -> list[tuple[str, str]]:
    """The language and the text of each block."""
    text = PAGE.read_text(encoding="utf-8")
    return re.findall(r"(?ms)^```([^\n]*)\n(.*?)^```$", text)


def commands(block: str) -> list[tuple[str, str]]:
    """Each command of a console, and what is shown below it."""
    found = re.findall(r"(?ms)^\$ ([^\n]*)\n(.*?)(?=^\$ |\Z)", block)
    return [(command, shown) for command, shown in found]


def test_the_tutorial_works_as_it_stands(whole, wheel, run, tmp_path):
    spec = tmp_path / SPEC
    for language, block in fences():
        if language == "sh":
            for command in block.splitlines():
                words = shlex.split(command)
                if words[:2] == ["pip", "install"]:
                    target = shlex.quote(words[2].replace("dlspec", str(wheel)))
                    command = f"python -m pip install -q --no-index {target}"
                ran = run(whole, command)
                assert ran.returncode == 0, f"{command}\n{ran.stdout}\n{ran.stderr}"
        elif language == "dls part":
            spec.write_text(f"{spec.read_text()}\n{block}")
        elif language == "console":
            for command, shown in commands(block):
                one(command, shown, whole, run, spec)


def one(command, shown, whole, run, spec):
    """Runs a command, and holds what is certain of its output against the page."""
    right = spec.read_text()
    fails = shown.startswith("error[")
    if fails:
        for old, new in MISTAKES:
            assert right.count(old) == 1
            spec.write_text(spec.read_text().replace(old, new))
    if command.startswith("cat "):
        (spec.parent / command.removeprefix("cat ")).write_text(shown)
    ran = run(whole, command)
    assert ran.returncode == int(fails), f"{command}\n{ran.stdout}\n{ran.stderr}"
    if command.startswith(("dlspec check", "cat ")):
        assert ran.stdout.strip() == shown.strip()
    spec.write_text(right)
