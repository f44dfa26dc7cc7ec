"""`dlspec check --data`: what the data of a spec holds."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from dlspec.cli.extras import need, readers
from dlspec.cli.places import placed
from dlspec.diagnostics import Diagnostic, SpecError
from dlspec.ir.recipe import Data
from dlspec.pipeline import Result
from dlspec.runners.inspect import inspect

MANY = 20
"""Classes that are listed one by one."""


def read_data(spec: Path, result: Result) -> tuple[list[str], list[Diagnostic]]:
    """What to print of the data of a spec, and what is wrong with it."""
    lines: list[str] = []
    problems: list[Diagnostic] = []
    if result.program is None or result.source is None:
        return lines, problems
    for data in result.program.data.values():
        need("check --data", "data", more=readers(data))
        try:
            found = inspect("check --data", data, spec.parent)
        except SpecError as error:
            problems.extend(placed(error, data, result.source).diagnostics)
            continue
        lines.extend(_text(data, found))
    return lines, problems


def _text(data: Data, found: dict[str, Any]) -> Iterator[str]:
    rows = found["rows"]
    parts = ", ".join(f"{n:,} {part}" for part, n in rows.items())
    yield f"  data {data.name}: {sum(rows.values()):,} rows ({parts})"
    for f in data.fields:
        made = found["fields"][f.name]
        if f.counts or f.crossed:
            yield f"    {f.name}: {f.type}"
        elif "classes" in made:
            yield f"    {f.name}: {f.type}"
            yield from _balance(made["classes"], names(f.name, found["facts"]))
        else:
            shown = ", ".join(f"{n} {v:.4g}" for n, v in made.items())
            yield f"    {f.name}: {f.type}, {shown}"


def names(field: str, facts: dict[str, Any]) -> list[str]:
    """The names of a field's classes, where the data or its source tells them."""
    learned = facts.get("fitted", {}).get(field, {}).get("classes")
    return learned or facts.get("classes", {}).get(field) or []


def _balance(counts: dict[str, list[int]], known: list[str]) -> Iterator[str]:
    """Each class with its share of each part."""
    totals = {part: sum(c) or 1 for part, c in counts.items()}
    classes = range(len(next(iter(counts.values()))))
    for i in classes[:MANY]:
        name = known[i] if i < len(known) else str(i)
        shares = (f"{c[i]:,} ({100 * c[i] / totals[p]:.1f} %) {p}" for p, c in counts.items())
        yield f"      {name}: {', '.join(shares)}"
    if len(classes) > MANY:
        yield f"      and {len(classes) - MANY} more classes"
