"""docs/benchmarks.md: its sections, and the facts that stand with each."""

from __future__ import annotations

import os
import platform
import re
import subprocess
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import dlspec
from benchmarks.turns import ROOT

PAGE = ROOT / "docs" / "benchmarks.md"
HEAD = """# Benchmarks

`make bench` writes this page, and `make bench ONLY=startup` one section of it. Each section is
measured by a module of [`benchmarks/`](../benchmarks), on one thread. What is compared takes turns;
a figure is the median of the rounds, with the quartiles in brackets.
"""


def table(head: Sequence[str], rows: Iterable[Sequence[str]], right: Sequence[int] = ()) -> str:
    """A table of Markdown; `right` are the columns of numbers."""
    line = ["---:" if i in right else "---" for i in range(len(head))]
    return "\n".join(f"| {' | '.join(row)} |" for row in (head, line, *rows))


def goal(text: str, met: bool) -> str:
    return f"{text}: {'met' if met else '**missed**'}"


def section(title: str, text: str, packages: Sequence[str], load: float) -> str:
    return f"## {title}\n\n{text.strip()}\n\n{facts(packages, load)}\n"


def whole(sections: Mapping[str, str], titles: Sequence[str]) -> str:
    """The page, its sections in the order of `titles`."""
    return "\n".join((HEAD, *(sections[t] for t in titles if t in sections)))


def sections(text: str) -> dict[str, str]:
    """The sections of a page by title."""
    pieces = re.split(r"(?m)^## ", text)[1:]
    return {p.partition("\n")[0]: f"## {p.rstrip()}\n" for p in pieces}


def facts(packages: Sequence[str], load: float) -> str:
    """What the figures are of, and where they were measured."""
    versions = ", ".join(f"{name} {installed(name)}" for name in packages)
    system = f"{platform.system()}, Python {platform.python_version()}"
    lines = (
        f"*{commit()}, {date.today().isoformat()}.",
        f"{processor()}, {os.cpu_count()} cores, load average {load:.1f} before.",
        f"{system}, {versions}.*",
    )
    return "\n".join(lines)


def installed(name: str) -> str:
    """The version of a package, which may be the one for machines without a GPU."""
    try:
        return version(name)
    except PackageNotFoundError:
        return version(f"{name}-cpu")


def commit() -> str:
    """The commit of the working tree; of an unpacked release, its version."""

    def git(*arguments: str) -> str:
        command = ["git", "-C", str(ROOT), *arguments]
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()

    try:
        head = git("rev-parse", "--short", "HEAD")
        changed = git("status", "--porcelain", "--", "dlspec", "backends", "benchmarks", "specs")
    except (OSError, subprocess.CalledProcessError):
        return f"dlspec {dlspec.__version__}"
    return f"Commit {head}{' with changes' if changed else ''}"


def processor() -> str:
    """The model of the processor, where Linux tells it."""
    try:
        text = Path("/proc/cpuinfo").read_text(encoding="utf-8")
    except OSError:
        text = ""
    found = re.search(r"(?m)^model name\s*: (.*)$", text)
    return found[1] if found else platform.machine()
