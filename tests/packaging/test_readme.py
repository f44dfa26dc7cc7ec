"""The commands of the README, as they stand there, with the wheel for what pip would bring."""

import re
import shlex
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
ELSEWHERE = ("make ",)
"""What other tests run: this one would run itself."""
NOT_HERE = ("dlspec[keras]", "dlspec[all]")
"""Extras with `tensorflow`, which is never installed beside `tensorflow-cpu`."""


def commands() -> list[str]:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    blocks = re.findall(r"(?ms)^```sh\n(.*?)^```", text)
    lines = (line.partition("#")[0].strip() for block in blocks for line in block.splitlines())
    return [line for line in lines if line and not line.startswith(ELSEWHERE)]


def unaligned(text: str) -> list[str]:
    """Lines without the columns of `fmt`, which depend on lines that the README leaves out."""
    return [" ".join(line.split()) for line in text.splitlines()]


def test_the_spec_is_the_beginning_of_digits():
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    shown = unaligned(re.search(r"(?ms)^```dls\n(.*?)^```", text)[1])
    whole = iter(unaligned((ROOT / "specs" / "digits.dls").read_text(encoding="utf-8")))
    missing = [line for line in shown if line not in whole]
    assert missing == []


def test_every_command_works(whole, wheel, run, checkout):
    found = commands()
    assert "dlspec check specs/digits.dls" in found and "pip install dlspec" in found
    for command in found:
        words = shlex.split(command)
        if words[:2] == ["pip", "install"]:
            if words[2] in NOT_HERE:
                continue
            target = words[2].replace("dlspec", str(wheel))
            command = f"python -m pip install -q --no-index {shlex.quote(target)}"
        ran = run(whole, command, checkout)
        assert ran.returncode == 0, f"{command}\n{ran.stdout}\n{ran.stderr}"
