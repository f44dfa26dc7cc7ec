"""Diagnostics for programs: JSON, and the workflow commands of GitHub Actions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Any

from dlspec.diagnostics.base import Diagnostic
from dlspec.render.order import ordered
from dlspec.source import Span

FORMAT = 1


def json(diagnostics: Iterable[Diagnostic], more: Mapping[str, Any] = MappingProxyType({})) -> str:
    """A JSON object with all diagnostics, and what else there is to tell. Lines and columns count
    from 1, offsets from 0."""
    from json import dumps

    shown = ordered(diagnostics)
    count = {kind: sum(d.severity == kind for d in shown) for kind in ("error", "warning")}
    found = {
        "format": FORMAT,
        "errors": count["error"],
        "warnings": count["warning"],
        "diagnostics": [_object(d) for d in shown],
        **more,
    }
    return dumps(found, indent=2, ensure_ascii=False)


def _object(d: Diagnostic) -> dict[str, Any]:
    return {
        "code": d.code,
        "severity": d.severity,
        "title": d.title,
        "label": d.label,
        "place": _place(d.span),
        "related": [{"place": _place(r.span), "text": r.text} for r in d.related],
        "notes": list(d.notes),
        "help": d.help,
        "fix": {"place": _place(d.fix.span), "text": d.fix.text} if d.fix else None,
    }


def _place(span: Span | None) -> dict[str, Any] | None:
    if span is None:
        return None
    ends = {}
    for name, offset in (("start", span.start), ("end", span.end)):
        line, column = span.source.position(offset)
        ends[name] = {"line": line, "column": column, "offset": offset}
    return {"file": span.source.name, **ends}


def github(diagnostics: Iterable[Diagnostic]) -> str:
    """One workflow command for each diagnostic, which GitHub shows beside the line."""
    return "\n".join(_command(d) for d in ordered(diagnostics))


def _command(d: Diagnostic) -> str:
    properties = {"title": f"{d.code}: {d.title}"}
    if d.span:
        line, column = d.span.source.position(d.span.start)
        end_line, end_column = d.span.source.position(d.span.end)
        place = {"line": line, "endLine": end_line, "col": column, "endColumn": end_column}
        properties = {
            "file": d.span.source.name,
            **{k: str(v) for k, v in place.items()},
            **properties,
        }
    text = "\n".join([d.label or d.title, *d.notes, *([f"help: {d.help}"] if d.help else [])])
    listed = ",".join(f"{name}={_property(value)}" for name, value in properties.items())
    return f"::{d.severity} {listed}::{_data(text)}"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
