"""Examples in the documentation: specs that check, links that lead somewhere.

A block that begins with ```dls is a whole spec without errors or warnings. Further words mark the
others: `part` parses, `later` has nothing but constructs of later versions, `wrong` has errors, and
`names` says in comments which layers of each line have weights.
"""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import pytest

from dlspec.cost import cost
from dlspec.ir.model import ModelIR
from dlspec.pipeline import check
from dlspec.render import caret
from dlspec.source import Source
from dlspec.syntax import format_text, parse

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
FENCE = re.compile(r"^```([^\n]*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
KINDS = ("", "part", "later", "wrong", "names")


def blocks() -> list[tuple[str, str, str]]:
    """Place, kind and text of each example."""
    found = []
    for page in PAGES:
        text = page.read_text(encoding="utf-8")
        for m in FENCE.finditer(text):
            language, _, kind = m[1].partition(" ")
            if language == "dls":
                line = text.count("\n", 0, m.start()) + 1
                found.append((f"{page.name}:{line}", kind, m[2]))
    return found


BLOCKS = blocks()


@pytest.mark.parametrize(("kind", "text"), [b[1:] for b in BLOCKS], ids=[b[0] for b in BLOCKS])
def test_example_is_laid_out_as_fmt_does(kind: str, text: str) -> None:
    source = Source("example.dls", text)
    if kind != "wrong":
        assert format_text(source) == text


@pytest.mark.parametrize(("kind", "text"), [b[1:] for b in BLOCKS], ids=[b[0] for b in BLOCKS])
def test_example(kind: str, text: str) -> None:
    assert kind in KINDS, f"an example is marked by one of {KINDS}"
    source = Source("example.dls", text)
    if kind == "part":
        _, found = parse(source)
        assert not found, caret(found)
        return
    result = check(source)
    found = result.diagnostics
    match kind:
        case "later":
            assert {d.code for d in found} == {"DLS107"}, caret(found)
        case "wrong":
            assert result.errors
        case _:
            assert not found, caret(found)
    if kind == "names":
        assert result.program is not None
        (model,) = result.program.models.values()
        assert names_by_line(model) == names_in_comments(text)


def names_by_line(model: ModelIR) -> dict[int, list[str]]:
    found: dict[int, list[str]] = {}
    for layer in cost(model).layers:
        if layer.parameters.total:
            found.setdefault(layer.line, []).append(layer.name)
    return found


def names_in_comments(text: str) -> dict[int, list[str]]:
    lines = enumerate(text.splitlines(), start=1)
    return {n: line.partition("# ")[2].split(", ") for n, line in lines if "# " in line}


def slug(heading: str) -> str:
    """The anchor that GitHub gives a heading."""
    plain = re.sub(r"[`*]|\[([^]]*)\]\([^)]*\)", r"\1", heading).strip().lower()
    return re.sub(r"[^\w\- ]", "", plain).replace(" ", "-")


def anchors(page: Path) -> list[str]:
    text = FENCE.sub("", page.read_text(encoding="utf-8"))
    return [slug(m[1]) for m in re.finditer(r"^#+ (.*)$", text, re.MULTILINE)]


@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.name)
def test_links_resolve(page: Path) -> None:
    text = FENCE.sub("", page.read_text(encoding="utf-8"))
    broken = []
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        if re.match(r"[a-z]+:", target):
            continue
        path, _, anchor = target.partition("#")
        at = page.parent / path if path else page
        if not at.exists() or (anchor and anchor not in anchors(at)):
            broken.append(target)
    assert not broken


@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.name)
def test_anchors_are_unique(page: Path) -> None:
    """GitHub numbers the second of two equal ones, so that a link leads to the first."""
    twice = [a for a, n in Counter(anchors(page)).items() if n > 1]
    assert not twice


def test_a_broken_link_is_found(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("# A `Thing`, here\n\n[a](#a-thing-here) [b](#nothing) [c](gone.md)\n")
    with pytest.raises(AssertionError, match=r"#nothing.*gone\.md"):
        test_links_resolve(page)
