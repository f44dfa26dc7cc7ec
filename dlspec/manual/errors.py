"""`docs/errors.md`: every error, with the golden that brings it about."""

from __future__ import annotations

import importlib
import pkgutil
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import dlspec.diagnostics
from dlspec.declared import snake_case
from dlspec.diagnostics import CODES, Diagnostic
from dlspec.manual.markdown import fence, joined, link, note, prose, table

ABOUT = (
    "Every error and warning, by its code. An example is a spec (with the options of the command "
    "before it, where it takes any) and what `dlspec check` prints."
)


def page(goldens: Path) -> str:
    """The text of the page; `goldens` is the folder of the error tests."""
    for module in pkgutil.iter_modules(dlspec.diagnostics.__path__):
        importlib.import_module(f"dlspec.diagnostics.{module.name}")
    areas: dict[str, list[type[Diagnostic]]] = {}
    for code in sorted(CODES):
        areas.setdefault(CODES[code].__module__, []).append(CODES[code])
    parts = ["# Errors", note(ABOUT), index(areas)]
    for name, errors in areas.items():
        parts.append(f"## {title(name)}")
        parts.extend(part for error in errors for part in one(error, goldens))
    return joined(parts)


def title(module: str) -> str:
    """The first line of a file of errors, without its range of codes."""
    first = (sys.modules[module].__doc__ or "").strip().splitlines()[0]
    return re.sub(r" \(DLS.*", "", first)


def heading(error: type[Diagnostic]) -> str:
    words = snake_case(error.__name__).replace("_", " ")
    return f"{error.code} {words}"


def index(areas: dict[str, list[type[Diagnostic]]]) -> str:
    rows = []
    for module, errors in areas.items():
        rows.append((link(title(module)), " ".join(link(heading(e), e.code) for e in errors)))
    return table(("", ""), rows)


def one(error: type[Diagnostic], goldens: Path) -> Iterator[str]:
    """The parts of one entry."""
    yield f"### {heading(error)}"
    if error.severity == "warning":
        yield "A warning: the spec compiles all the same."
    yield prose(error)
    found = sorted(goldens.glob(f"{error.code}_*.txt"))
    if found:
        text = found[0].read_bytes().decode("utf-8", "surrogateescape")
        spec, _, printed = text.rpartition("\n---\n")
        yield fence(spec)
        yield fence(printed)
        return
    wording = (goldens / "commands.txt").read_text(encoding="utf-8")
    blocks = re.split(r"\n\n(?=\w+\[DLS)", wording)
    yield fence(next((b for b in blocks if f"[{error.code}]" in b), ""))
