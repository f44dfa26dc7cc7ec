"""Every error has a source that brings it about and the text that a person then reads.

A golden is a file `DLSxxx_what_is_wrong.txt`: the source, a line `---`, and what `dlspec check`
prints. Options of `check` may stand before the source, one to a line; further files of the spec
follow a line `=== name.dls` each.
"""

from __future__ import annotations

import importlib
import os
import pkgutil
import re
from pathlib import Path

import pytest

import dlspec.diagnostics
from dlspec.diagnostics import CODES
from dlspec.pipeline import check
from dlspec.render import caret

HERE = Path(__file__).parent
REWRITE = "UPDATE_GOLDENS=1 python -m pytest tests/errors"
GOLDENS = sorted(HERE.glob("DLS*.txt"))

for module in pkgutil.iter_modules(dlspec.diagnostics.__path__):
    importlib.import_module(f"dlspec.diagnostics.{module.name}")

COMMANDS = HERE / "commands.txt"  # codes that no text of a spec brings about; see test_commands.py


def check_text(text: str, folder: Path) -> str:
    """What `dlspec check spec.dls` prints, with the options and files that the text holds."""
    given, start = [], 0
    for option in re.finditer(r"--set (.*)\n", text):
        if option.start() != start:
            break
        given.append(option[1])
        start = option.end()
    main, *others = re.split(r"^=== (\S+)\n", text[start:], flags=re.MULTILINE)
    files = {"spec.dls": main, **dict(zip(others[::2], others[1::2], strict=True))}
    for name, content in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content.encode("utf-8", "surrogateescape"))
    before = Path.cwd()
    os.chdir(folder)
    try:
        return caret(check(Path("spec.dls"), given).diagnostics)
    finally:
        os.chdir(before)


@pytest.mark.parametrize("golden", GOLDENS, ids=lambda g: g.stem)
def test_golden(golden: Path, tmp_path: Path) -> None:
    whole = golden.read_bytes().decode("utf-8", "surrogateescape")
    text, line, expected = whole.rpartition("\n---\n")
    assert line, f"{golden.name} has no line `---` between the source and what is printed"
    found = check_text(text + "\n", tmp_path) + "\n"
    if os.environ.get("UPDATE_GOLDENS"):
        golden.write_bytes(f"{text}\n---\n{found}".encode("utf-8", "surrogateescape"))
        expected = found
    assert f"[{golden.name[:6]}]" in found, f"{golden.name} does not bring about its code\n{found}"
    assert found == expected, f"where the new text is right, accept it: {REWRITE}"


def test_every_code_has_a_golden() -> None:
    covered = {golden.name[:6] for golden in GOLDENS}
    covered |= set(re.findall(r"^\w+\[(DLS\d+)\]", COMMANDS.read_text(), re.MULTILINE))
    missing = {code: CODES[code].__name__ for code in sorted(set(CODES) - covered)}
    assert not missing, (
        "write tests/errors/CODE_what_is_wrong.txt for each, with a source and `---`, or, where no"
        f" source brings it about, a line of test_commands.py; then: {REWRITE}"
    )
    assert not covered - set(CODES), "goldens of codes that are no more"


@pytest.mark.parametrize("code", sorted(CODES))
def test_every_code_has_a_manual(code: str) -> None:
    manual = CODES[code].__doc__
    assert manual and not manual.startswith(f"{CODES[code].__name__}(")
    assert manual.strip().split("\n\n")[0].endswith((".", "?"))
