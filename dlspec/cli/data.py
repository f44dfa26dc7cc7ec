"""`dlspec check --data`: what the data of a spec holds."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from dlspec.cli.extras import need, readers
from dlspec.cli.places import placed
from dlspec.diagnostics import Diagnostic, SpecError
from dlspec.frozen import frozen
from dlspec.ir.recipe import Data
from dlspec.pipeline import Result
from dlspec.runners.inspect import inspect

MANY = 20
"""Classes that are listed one by one."""


@frozen
class Read:
    """What the data of a spec holds, as lines and as JSON, and what is wrong with it."""

    lines: tuple[str, ...]
    counts: tuple[dict[str, Any], ...]
    problems: tuple[Diagnostic, ...]


def read_data(spec: Path, result: Result) -> Read:
    """Reads every data set of a spec."""
    lines: list[str] = []
    counts: list[dict[str, Any]] = []
    problems: list[Diagnostic] = []
    if result.program is None or result.source is None:
        return Read((), (), ())
    for data in result.program.data.values():
        need("check --data", "data", more=readers(data))
        try:
            found = inspect("check --data", data, spec.parent)
        except SpecError as error:
            problems.extend(placed(error, data, result.source).diagnostics)
            continue
        lines.extend(_text(data, found))
        counts.append({"file": spec.as_posix(), "name": data.name, **_counts(data, found)})
    return Read(tuple(lines), tuple(counts), tuple(problems))


def _counts(data: Data, found: dict[str, Any]) -> dict[str, Any]:
    """The rows of each part, and of each field its type with what was counted of it."""
    fields = {}
    for f in data.fields:
        made = found["fields"][f.name]
        named = {"names": names(f.name, found["facts"])} if "classes" in made else {}
        fields[f.name] = {"type": str(f.type), **made, **named}
    return {"rows": found["rows"], "fields": fields}


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
