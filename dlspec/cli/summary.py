"""`dlspec summary`: what a spec makes, what it costs, and every default that was taken."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from dlspec.cli.parts import BlockPart, ModelPart, parts, value
from dlspec.cli.report import report
from dlspec.cli.spec import checked
from dlspec.cli.table import table
from dlspec.cost import cost
from dlspec.diagnostics import SpecError
from dlspec.ir.program import Program


def summary(spec: Path, as_json: bool, given: Sequence[str], with_origins: bool = False) -> int:
    """Prints the summary of a spec; `with_origins` adds where every value comes from."""
    if with_origins:
        return _with_origins(spec, as_json, given)
    program = checked(spec, given)[1]
    if as_json:
        print(json.dumps(to_json(program), indent=2, ensure_ascii=False))
    else:
        print("\n".join(text(program)))
    return 0


def _with_origins(spec: Path, as_json: bool, given: Sequence[str]) -> int:
    from dlspec.cli import origins
    from dlspec.pipeline.origins import check_origins

    result, found = check_origins(spec, given)
    if result.program is None or result.source is None or found is None:
        raise SpecError(*result.diagnostics)
    report(result.diagnostics)
    if as_json:
        whole = {**to_json(result.program), "origins": origins.to_json(found)}
        print(json.dumps(whole, indent=2, ensure_ascii=False))
    else:
        print("\n".join([*text(result.program), *origins.text(found, result.source, value)]))
    return 0


# --- JSON -------------------------------------------------------------------------------------


def to_json(program: Program) -> dict[str, Any]:
    """`models` has each model, with its defaults where it has some, else as it is trained;
    `trains` each as it is trained."""
    trained = {name: cost(model) for name, model in program.trained.items()}
    models = {name: cost(model) for name, model in program.models.items()}
    for found in trained.values():
        models.setdefault(found.name, found)
    return {
        "models": {name: found.to_json() for name, found in models.items()},
        "trains": {
            name: {
                "model": found.name,
                **found.to_json(),
                "standing_in": program.standing_in(name),
            }
            for name, found in trained.items()
        },
    }


# --- text -------------------------------------------------------------------------------------


def text(program: Program) -> Iterator[str]:
    """The summary for people, as paragraphs."""
    for part in parts(program):
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
