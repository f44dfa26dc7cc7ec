"""The derived pages are up to date, and say what the code declares."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from dlspec import ops, recipe
from dlspec.declared import BadArguments
from dlspec.diagnostics import CODES
from dlspec.manual import COMMAND, ROOT, pages
from dlspec.manual.arguments import signature, takes
from dlspec.ops.conv import Conv2D
from dlspec.ops.init import INITS
from dlspec.ops.regularize import Dropout
from dlspec.recipe.augmentations import RandomShift

PAGES = pages()


@pytest.mark.parametrize("path", sorted(PAGES))
def test_page_is_up_to_date(path: str) -> None:
    found = (ROOT / path).read_text(encoding="utf-8") if (ROOT / path).exists() else ""
    assert found == PAGES[path], f"{path} is stale; run: {COMMAND}"


def headings(path: str) -> set[str]:
    return {re.split(r"[ (]", m)[0] for m in re.findall(r"^### (.*)$", PAGES[path], re.MULTILINE)}


def test_everything_has_an_entry() -> None:
    assert set(ops.names()) <= headings("docs/ops.md")
    names = {n for place in recipe.PLACES for n in recipe.table(place)}
    assert names | set(INITS) <= headings("docs/recipe.md")
    assert set(CODES) == headings("docs/errors.md")


def test_arguments_are_those_that_the_compiler_takes() -> None:
    """What the manual says of a few arguments, against what they do."""
    fields = Conv2D.model_fields
    assert takes(fields["channels"]) == "a whole number ≥ 1"
    assert takes(fields["padding"]) == "`valid`, `same`, or numbers ≥ 0"
    assert takes(Dropout.model_fields["rate"]) == "a number in [0, 1)"
    assert takes(RandomShift.model_fields["share"]) == "a share: `10 %` or 0.1, in (0, 1]"
    assert signature(Conv2D).startswith("Conv2D(channels, kernel, padding=valid")
    Dropout.bind((0,), {})
    for rate in (1, -0.1):
        with pytest.raises(BadArguments):
            Dropout.bind((rate,), {})
    with pytest.raises(BadArguments):
        Conv2D.bind((0, 3), {})


def test_a_stale_page_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "ops.md").write_text("old\n")
    monkeypatch.setitem(globals(), "ROOT", tmp_path)
    with pytest.raises(AssertionError, match=f"stale; run: {COMMAND}"):
        test_page_is_up_to_date("docs/ops.md")
