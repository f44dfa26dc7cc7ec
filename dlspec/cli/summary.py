"""`dlspec summary`: what a spec makes, what it costs, and every default that was taken."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from dlspec.cli.counted import Shown
from dlspec.cli.origins import text as origins_text
from dlspec.cli.origins import to_json as origins_json
from dlspec.cli.parts import BlockPart, ModelPart, value
from dlspec.cli.report import report
from dlspec.cli.table import table
from dlspec.cost import cost
from dlspec.diagnostics import SpecError
from dlspec.ir.program import Program
from dlspec.pipeline import Classes, Result, check
from dlspec.pipeline.counts import locked, with_others
from dlspec.pipeline.origins import Origins, check_origins
from dlspec.pipeline.stages import counts


def summary(
    spec: Path,
    as_json: bool,
    given: Sequence[str],
    with_origins: bool = False,
    lock: Path | None = None,
    train: str = "",
) -> int:
    """Prints the summary of a spec; `with_origins` adds where every value comes from. `lock` has
    the classes that only the data tells, of the data of `train`."""

    def look(classes: Classes | None = None) -> tuple[Result, Origins | None]:
        if not with_origins:
            return check(spec, given, classes), None
        return check_origins(spec, given, classes)

    result, origins = look()
    classes: Classes = {}
    if lock is not None and result.program is not None:
        classes = counts(locked(result.program, lock, train))
        result, origins = look(classes)
    if result.program is None or result.source is None:
        raise SpecError(*result.diagnostics)
    report(result.diagnostics)
    others = with_others(result.program, classes, lambda c: _whole(*look(c)))
    shown = Shown(result.program, [(n, program) for n, (program, _) in others])
    every = [o for o in (origins, *(o for _, (_, o) in others)) if o is not None]
    if as_json:
        told = to_json(shown)
        if every:
            told["origins"] = shown.merged([origins_json(o) for o in every])
        print(json.dumps(told, indent=2, ensure_ascii=False))
        return 0
    lines = [*text(shown)]
    if every:
        lines += shown.merged([[*origins_text(o, result.source, value)] for o in every])
    print("\n".join(lines))
    return 0


def _whole(result: Result, origins: Origins | None) -> tuple[Program, Origins | None] | None:
    return (result.program, origins) if result.program is not None else None


# --- JSON -------------------------------------------------------------------------------------


def to_json(shown: Shown) -> dict[str, Any]:
    """`models` has each model, with its defaults where it has some, else as it is trained;
    `trains` each as it is trained. Numbers that depend on a class count which only the data tells
    are null."""
    found: dict[str, Any] = shown.merged([_json(p) for p in shown.programs])
    return found


def _json(program: Program) -> dict[str, Any]:
    trained = {name: cost(model) for name, model in program.trained.items()}
    models = {name: cost(model) for name, model in program.models.items()}
    for found in trained.values():
        models.setdefault(found.name, found)
    return {
        "models": {name: found.to_json() for name, found in models.items()},
        "trains": {
            name: {"model": found.name, **found.to_json(), "unknown": program.standing_in(name)}
            for name, found in trained.items()
        },
    }


# --- text -------------------------------------------------------------------------------------


def text(shown: Shown) -> Iterator[str]:
    """The summary for people, as paragraphs."""
    for part in shown.parts():
        yield from _model(part) if isinstance(part, ModelPart) else _block(part)


def _model(part: ModelPart) -> Iterator[str]:
    yield part.title
    yield f"  {part.types}"
    yield ""
    yield _indented(table(part.HEAD, part.rows, part.NUMBERS))
    yield ""
    yield from (f"  {name:<11}  {total}" for name, total in part.totals)
    if part.defaults:
        yield ""
        yield "  defaults taken"
    yield from (f"    {line}" for line in part.defaults)
    yield ""


def _block(part: BlockPart) -> Iterator[str]:
    width = max(len(n) for n, _ in part.settings)
    yield part.title
    for setting, shown in part.settings:
        yield f"  {setting.ljust(width)}  {shown}"
    yield ""


def _indented(block: str) -> str:
    return "\n".join("  " + line for line in block.split("\n"))
