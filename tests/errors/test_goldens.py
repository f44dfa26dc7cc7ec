"""Every error has a source that brings it about and the text that a person then reads.

The example of each error stands in `dlspec/diagnostics/examples`, in the form that `catalogue.py`
says; this folder has further goldens `DLSxxx_what_is_wrong.txt`: the source, a line `---`, and what
`dlspec check` prints. Options of `check` may stand before a source, one to a line; further files of
the spec follow a line `=== name.dls` each.
"""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from dlspec.diagnostics import Diagnostic
from dlspec.diagnostics.catalogue import EXAMPLES, Example, codes, example
from dlspec.pipeline import check
from dlspec.render import caret

HERE = Path(__file__).parent
REWRITE = "UPDATE_GOLDENS=1 python -m pytest tests/errors"
GOLDENS = sorted(HERE.glob("DLS*.txt"))
CODES = codes()
FOUND = {path.stem: example(path.stem) for path in sorted(EXAMPLES.glob("DLS*.txt"))}
SPECS = {code: found for code, found in FOUND.items() if found is not None and found.is_spec}


def check_text(text: str, folder: Path) -> tuple[Diagnostic, ...]:
    """What `dlspec check spec.dls` finds, with the options and files that the text holds."""
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
        return check(Path("spec.dls"), given).diagnostics
    finally:
        os.chdir(before)


@pytest.mark.parametrize("golden", GOLDENS, ids=lambda g: g.stem)
def test_golden(golden: Path, tmp_path: Path) -> None:
    whole = golden.read_bytes().decode("utf-8", "surrogateescape")
    text, line, expected = whole.rpartition("\n---\n")
    assert line, f"{golden.name} has no line `---` between the source and what is printed"
    found = caret(check_text(text + "\n", tmp_path)) + "\n"
    if os.environ.get("UPDATE_GOLDENS"):
        golden.write_bytes(f"{text}\n---\n{found}".encode("utf-8", "surrogateescape"))
        expected = found
    assert f"[{golden.name[:6]}]" in found, f"{golden.name} does not bring about its code\n{found}"
    assert found == expected, f"where the new text is right, accept it: {REWRITE}"


@pytest.mark.parametrize("code", SPECS)
def test_example(code: str, tmp_path: Path) -> None:
    shown = SPECS[code]
    found = caret(check_text(shown.source + "\n", tmp_path))
    if os.environ.get("UPDATE_GOLDENS"):
        text = "\n---\n".join((shown.source, found, shown.mend))
        (EXAMPLES / f"{code}.txt").write_bytes(f"{text}\n".encode("utf-8", "surrogateescape"))
        shown = Example(shown.source, found, shown.mend)
    assert f"[{code}]" in found, f"the example does not bring about its code\n{found}"
    assert found == shown.printed, f"where the new text is right, accept it: {REWRITE}"


@pytest.mark.parametrize("code", SPECS)
def test_an_example_has_no_other_error(code: str, tmp_path: Path) -> None:
    found = check_text(SPECS[code].source + "\n", tmp_path)
    assert {d.code for d in found} == {code}


@pytest.mark.parametrize("code", SPECS)
def test_a_mended_example_has_no_error(code: str, tmp_path: Path) -> None:
    found = check_text(SPECS[code].mended, tmp_path)
    assert not found, caret(found)


def test_every_code_has_an_example() -> None:
    missing = {code: CODES[code].__name__ for code in sorted(set(CODES) - set(FOUND))}
    assert not missing, (
        "write dlspec/diagnostics/examples/CODE.txt for each: what brings it about, `---`, `---`,"
        " how it is mended; where that is a command, give it a line of test_commands.py too;"
        f" then: {REWRITE}"
    )
    assert not set(FOUND) - set(CODES), "examples of codes that are no more"
    assert {golden.name[:6] for golden in GOLDENS} <= set(CODES), (
        "goldens of codes that are no more"
    )


def test_a_mend_that_does_not_fit_is_found() -> None:
    assert Example("a\nb\nc", "", "-a\n+A\n\n b\n-c").mended == "A\nb\n"
    for mend in ("-d", "-a\n-c", " a\n+x\n\n-B"):
        with pytest.raises(ValueError, match="not in the source once"):
            print(Example("a\nb\nc", "", mend).mended)


@pytest.mark.parametrize("code", sorted(CODES))
def test_every_code_has_a_manual(code: str) -> None:
    manual = CODES[code].__doc__
    assert manual and not manual.startswith(f"{CODES[code].__name__}(")
    assert manual.strip().split("\n\n")[0].endswith((".", "?"))
