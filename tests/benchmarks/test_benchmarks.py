"""Each part of the benchmarks runs, and writes its section of the page."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PARTS = {
    "startup": "Start-up",
    "scaling": "Large models",
    "published": "Published models",
    "loops": "Training loops",
    "accuracy": "Digits",
}
LONG = ("accuracy", "loops")
PROGRESS = {"scaling": "compile, a line each", "accuracy": "keras, seed 0"}


def benchmarks(*arguments: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "benchmarks", "--tiny", *map(str, arguments)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=600)


@pytest.mark.slow
@pytest.mark.parametrize(
    "part", [pytest.param(p, marks=[pytest.mark.proof] * (p in LONG)) for p in PARTS]
)
def test_a_part_replaces_its_section_and_no_other(part: str, tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("".join(f"## {t}\n\nold\n\n" for t in PARTS.values()), encoding="utf-8")
    done = benchmarks(part, "--page", page)
    assert done.returncode == 0, done.stderr
    assert PROGRESS.get(part, "round 1 of") in done.stderr
    head, *found = page.read_text(encoding="utf-8").split("## ")
    assert head.startswith("# Benchmarks\n")
    sections = dict(section.split("\n\n", 1) for section in found)
    assert list(sections) == list(PARTS.values())
    assert "| --- |" in sections.pop(PARTS[part])
    assert {text.strip() for text in sections.values()} == {"old"}


def test_a_part_that_is_not_there_and_tiny_figures_on_the_page_are_refused() -> None:
    done = benchmarks("speed", "--page", "page.md")
    assert done.returncode == 2 and "no part 'speed'; there are startup" in done.stderr
    done = benchmarks()
    assert done.returncode == 2 and "name another --page" in done.stderr
