"""The progress of a run: a table that grows on a terminal, plain lines elsewhere."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from dlspec.cli.report import colours
from dlspec.pipeline.standing import standing

if TYPE_CHECKING:
    from rich.live import Live
    from rich.table import Table

SHOWN = 12
"""Epochs on the screen."""


class Progress:
    """Shows each epoch of a run as soon as its program says that it is over."""

    def __init__(self, run: Path, epochs: int | None) -> None:
        self.log, self.best = run / "metrics.jsonl", run / "best.safetensors"
        self.epochs = epochs
        self.live: Live | None = None

    def __enter__(self) -> Self:
        if colours(sys.stdout):
            from rich.live import Live

            self.live = Live(transient=False, redirect_stdout=False, redirect_stderr=False)
            self.live.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self.live is not None:
            self.live.stop()

    def line(self, text: str) -> None:
        """A line that the program printed."""
        if self.live is None:
            print(text, flush=True)
        elif not text.startswith(("epoch ", "step ")):
            self.live.console.print(text, markup=False, highlight=False)
        elif rows := self.rows():
            self.live.update(self.table(rows), refresh=True)

    def rows(self) -> list[dict[str, Any]]:
        """The records of the log; a line that is being written is left out."""
        if not self.log.exists():
            return []
        lines = self.log.read_text(encoding="utf-8").splitlines(keepends=True)
        return [json.loads(text) for text in lines if text.endswith("\n")]

    def table(self, rows: Sequence[dict[str, Any]]) -> Table:
        """The last epochs; the one whose weights are kept as the best is bold."""
        from rich import box
        from rich.table import Table

        best = standing(self.best).get("epoch")
        names = [n for n, v in rows[-1].items() if isinstance(v, float)]
        made = Table(box=box.SIMPLE, pad_edge=False)
        made.add_column("epoch", justify="right")
        for name in names:
            made.add_column(name, justify="right")
        for row in rows[-SHOWN:]:
            of = f"/{self.epochs}" if self.epochs is not None else ""
            cells = [f"{row['epoch']}{of}", *(_number(row.get(n)) for n in names)]
            made.add_row(*cells, style="bold" if row["epoch"] == best else None)
        return made


def _number(value: Any) -> str:
    return f"{value:.4f}" if isinstance(value, float) else "-"
