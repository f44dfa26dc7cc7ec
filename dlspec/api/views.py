"""What a notebook shows: a summary as tables, a picture that folds."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from html import escape
from pathlib import Path
from typing import Any

from dlspec.api.errors import told
from dlspec.cli import summary
from dlspec.cli.counted import Shown
from dlspec.cli.parts import BlockPart, ModelPart
from dlspec.diagnostics.files import reported
from dlspec.emit.files import write_file
from dlspec.graph.draw import FORMATS, draw, format_of
from dlspec.ir.model import ModelIR
from dlspec.ir.program import Program


class Summary:
    """What a spec makes, what it costs, and every default that was taken."""

    def __init__(self, program: Program, others: Sequence[tuple[int, Program]] = ()) -> None:
        self.shown = Shown(program, others)

    def to_json(self) -> dict[str, Any]:
        """The same as `dlspec summary --json`."""
        return summary.to_json(self.shown)

    def __repr__(self) -> str:
        return "\n".join(summary.text(self.shown)).rstrip()

    def _repr_html_(self) -> str:
        return "".join(_html(self.shown))


def _html(shown: Shown) -> Iterator[str]:
    for part in shown.parts():
        yield f"<h4>{escape(part.title)}</h4>"
        yield from _model(part) if isinstance(part, ModelPart) else _block(part)


def _block(part: BlockPart) -> Iterator[str]:
    yield _table((), [(escape(name), _code(value)) for name, value in part.settings])


def _model(part: ModelPart) -> Iterator[str]:
    yield f"<p>{_code(part.types)}</p>"
    yield _table(part.HEAD, [tuple(map(escape, row)) for row in part.rows], part.NUMBERS)
    yield _table((), [tuple(map(escape, total)) for total in part.totals])
    if part.defaults:
        lines = "".join(f"<li>{_code(line)}</li>" for line in part.defaults)
        yield f"<details><summary>defaults taken</summary><ul>{lines}</ul></details>"


def _table(head: Sequence[str], rows: Sequence[Sequence[str]], numbers: Sequence[int] = ()) -> str:
    """Cells are HTML already; the columns `numbers` are flush right."""

    def row(cells: Sequence[str], kind: str) -> str:
        sides = ("right" if i in numbers else "left" for i in range(len(cells)))
        styled = zip(cells, sides, strict=True)
        made = (f'<{kind} style="text-align:{side}">{cell}</{kind}>' for cell, side in styled)
        return f"<tr>{''.join(made)}</tr>"

    top = f"<thead>{row(head, 'th')}</thead>" if head else ""
    return f"<table>{top}<tbody>{''.join(row(r, 'td') for r in rows)}</tbody></table>"


def _code(text: str) -> str:
    return f"<code>{escape(text)}</code>"


class Picture:
    """A picture of a model."""

    HEIGHT = 640
    """Of the frame in a notebook, in pixels."""

    def __init__(self, model: ModelIR, spec: str, depth: int | None) -> None:
        self.model = model
        self.spec = spec
        self.depth = depth

    def text(self, format: str) -> str:
        """The picture as `svg`, `html`, `dot` or `mermaid`."""
        return draw(self.model, format, self.spec, self.depth)

    def save(self, path: str | os.PathLike[str], format: str | None = None) -> Path:
        """Writes the picture in the format of the file's suffix, or in `format`."""
        form = format or format_of(str(path))
        if form is None:
            raise ValueError(f"no format is known by {path}; the formats are {', '.join(FORMATS)}")
        with told(), reported():
            write_file(Path(path), self.text(form))
        return Path(path)

    def __repr__(self) -> str:
        return f"<picture of {self.model.name}>"

    def _repr_html_(self) -> str:
        page = escape(self.text("html"))
        style = f"width:100%;height:{self.HEIGHT}px;border:0"
        return f'<iframe sandbox="allow-scripts" style="{style}" srcdoc="{page}"></iframe>'
