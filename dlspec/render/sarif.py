"""Diagnostics as SARIF 2.1.0, which code scanners exchange."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from dlspec import __version__
from dlspec.diagnostics.base import Diagnostic, Fix
from dlspec.render.order import ordered
from dlspec.source import Source, Span

SCHEMA = (
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
)

Json = dict[str, Any]


def sarif(diagnostics: Iterable[Diagnostic]) -> str:
    """A SARIF log with one run. Columns are UTF-16 code units, counted from 1."""
    from json import dumps

    shown = ordered(diagnostics)
    kinds = {d.code: type(d) for d in shown}
    codes = sorted(kinds)
    driver = {
        "name": "dlspec",
        "version": __version__,
        "rules": [_rule(kinds[code]) for code in codes],
    }
    run = {
        "tool": {"driver": driver},
        "columnKind": "utf16CodeUnits",
        "results": [_result(d, codes.index(d.code)) for d in shown],
    }
    return dumps({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}, indent=2)


def _rule(kind: type[Diagnostic]) -> Json:
    from inspect import cleandoc

    manual = cleandoc(kind.__doc__ or kind.__name__)
    return {
        "id": kind.code,
        "name": kind.__name__,
        "shortDescription": {"text": " ".join(manual.split("\n\n")[0].split())},
        "fullDescription": {"text": manual},
        "defaultConfiguration": {"level": kind.severity},
    }


def _result(d: Diagnostic, rule: int) -> Json:
    parts = [f"{d.title}: {d.label}" if d.label else d.title, *d.notes]
    result: Json = {
        "ruleId": d.code,
        "ruleIndex": rule,
        "level": d.severity,
        "message": {"text": "\n".join([*parts, *([f"help: {d.help}"] if d.help else [])])},
    }
    if d.span:
        result["locations"] = [{"physicalLocation": _location(d.span)}]
    related = [
        {"id": i, "physicalLocation": _location(r.span), "message": {"text": r.text}}
        for i, r in enumerate(d.related, 1)
    ]
    if related:
        result["relatedLocations"] = related
    if d.fix:
        result["fixes"] = [_fix(d.fix, d.help)]
    return result


def _fix(fix: Fix, help: str) -> Json:
    replacement = {"deletedRegion": _region(fix.span), "insertedContent": {"text": fix.text}}
    change = {"artifactLocation": _artifact(fix.span.source), "replacements": [replacement]}
    return {"description": {"text": help or f"write {fix.text}"}, "artifactChanges": [change]}


def _location(span: Span) -> Json:
    return {"artifactLocation": _artifact(span.source), "region": _region(span)}


def _artifact(source: Source) -> Json:
    from pathlib import PurePath
    from urllib.parse import quote

    path = PurePath(source.name)
    return {"uri": path.as_uri() if path.is_absolute() else quote(path.as_posix())}


def _region(span: Span) -> Json:
    start_line, start_column = _position(span.source, span.start)
    end_line, end_column = _position(span.source, span.end)
    return {
        "startLine": start_line,
        "startColumn": start_column,
        "endLine": end_line,
        "endColumn": end_column,
    }


def _position(source: Source, offset: int) -> tuple[int, int]:
    line, column = source.position(offset)
    before = source.text[offset - (column - 1) : offset]
    return line, column + sum(ord(c) > 0xFFFF for c in before)
